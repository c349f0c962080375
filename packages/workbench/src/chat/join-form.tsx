import type { ConnectionState } from '@bothways/client'
import { Alert, Button, Input } from 'antd'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { readStored, writeStored } from '../app/stored.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
import type { ChatProblem } from './chat-state.ts'
import { longestName } from './names.ts'

export interface JoinFormProps {
  /** Of the link, or the last one. */
  readonly room: string | undefined
  readonly problem: ChatProblem | undefined
  readonly connection: ConnectionState
  onJoin(room: string, name: string): void
}

/** In every language the same, or two who speak different ones would wait for each other. */
const defaultRoom = 'lobby'

export function JoinForm({ room: givenRoom, problem, connection, onJoin }: JoinFormProps): ReactNode {
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
      {problem !== undefined && <Alert type="error" showIcon title={texts.problems[problem]} />}
      <div className="join-bar">
        {connection.status === 'open' ? <span /> : <ConnectionStatus connection={connection} />}
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
