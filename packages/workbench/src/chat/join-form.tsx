import { Alert, Button, Input } from 'antd'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { readStored, writeStored } from '../app/stored.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
import type { PageSocketStatus } from '../connection/page-socket.ts'
import type { ChatErrorCode } from '../serve-messages.ts'

export interface JoinFormProps {
  /** Of the link, or the last one. */
  readonly room: string | undefined
  readonly error: ChatErrorCode | undefined
  readonly status: PageSocketStatus
  onJoin(room: string, name: string): void
}

/** In every language the same, or two who speak different ones would wait for each other. */
const defaultRoom = 'lobby'

/** As the server has it, in UTF-16 code units. */
const longestName = 40

export function JoinForm({ room: givenRoom, error, status, onJoin }: JoinFormProps): ReactNode {
  const texts = useTexts().chat
  const [name, setName] = useState(() => readStored('chat-name') ?? '')
  const [room, setRoom] = useState(() => (givenRoom ?? defaultRoom).slice(0, longestName))

  function join(event: FormEvent): void {
    event.preventDefault()
    writeStored('chat-name', name.trim())
    writeStored('chat-room', room.trim())
    onJoin(room.trim(), name.trim())
  }

  return (
    <form className="panel join-form" onSubmit={join}>
      <p className="muted">{texts.intro}</p>
      <label>
        <span className="field-name">{texts.name}</span>
        <Input
          name="name"
          dir="auto"
          value={name}
          maxLength={longestName}
          onChange={event => {
            setName(event.target.value)
            writeStored('chat-name', event.target.value)
          }}
          autoFocus
        />
      </label>
      <label>
        <span className="field-name">{texts.room}</span>
        <Input
          name="room"
          dir="auto"
          value={room}
          maxLength={longestName}
          onChange={event => {
            setRoom(event.target.value)
            writeStored('chat-room', event.target.value)
          }}
        />
      </label>
      {error !== undefined && <Alert type="error" showIcon title={texts.errors[error]} />}
      <div className="join-bar">
        {status.name === 'closed' || status.name === 'open' ? <span /> : <ConnectionStatus status={status} />}
        <Button
          type="primary"
          htmlType="submit"
          disabled={name.trim() === '' || room.trim() === ''}
          data-action="join"
        >
          {texts.join}
        </Button>
      </div>
    </form>
  )
}
