import { Alert, Button, Input } from 'antd'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { readStored, writeStored } from '../app/use-preferences.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
import type { PageSocketStatus } from '../connection/page-socket.ts'
import type { ChatErrorCode } from '../serve-messages.ts'

export interface JoinFormProps {
  readonly room: string | undefined
  readonly error: ChatErrorCode | undefined
  readonly status: PageSocketStatus
  onJoin(room: string, name: string): void
}

const nameKey = 'bothways.chat-name'

export function JoinForm({ room: linkedRoom, error, status, onJoin }: JoinFormProps): ReactNode {
  const texts = useTexts().chat
  const [name, setName] = useState(() => readStored(nameKey) ?? '')
  const [room, setRoom] = useState<string>()
  const shownRoom = room ?? linkedRoom ?? texts.defaultRoom

  function join(event: FormEvent): void {
    event.preventDefault()
    writeStored(nameKey, name.trim())
    onJoin(shownRoom.trim(), name.trim())
  }

  return (
    <form className="panel join-form" onSubmit={join}>
      <p className="muted">{texts.intro}</p>
      <label>
        <span className="field-name">{texts.name}</span>
        <Input
          name="name"
          value={name}
          maxLength={40}
          onChange={event => setName(event.target.value)}
          autoFocus
        />
      </label>
      <label>
        <span className="field-name">{texts.room}</span>
        <Input name="room" value={shownRoom} maxLength={40} onChange={event => setRoom(event.target.value)} />
      </label>
      {error !== undefined && <Alert type="error" showIcon title={texts.errors[error]} />}
      <div className="join-bar">
        {status.name === 'closed' || status.name === 'open' ? <span /> : <ConnectionStatus status={status} />}
        <Button
          type="primary"
          htmlType="submit"
          disabled={name.trim() === '' || shownRoom.trim() === ''}
          data-action="join"
        >
          {texts.join}
        </Button>
      </div>
    </form>
  )
}
