import { Alert, Button } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
import { ChatComposer } from './chat-composer.tsx'
import { ChatMessages } from './chat-messages.tsx'
import type { Chat } from './use-chat.ts'

export interface ChatRoomProps {
  readonly chat: Chat
  readonly name: string
  readonly room: string
}

export function ChatRoom({ chat, name, room }: ChatRoomProps): ReactNode {
  const texts = useTexts().chat
  const { members, ownIds, error, items } = chat.state
  return (
    <div className="chat">
      <aside className="panel chat-members">
        <h2 className="panel-title">{texts.here(members.length)}</h2>
        <ul>
          {members.map(({ id, name: memberName }) => (
            <li key={id} data-member={memberName}>
              <span className="dot dot-open" />
              {memberName}
              {ownIds.has(id) && <span className="muted">({texts.you})</span>}
            </li>
          ))}
        </ul>
      </aside>
      <section className="panel chat-main">
        <header className="chat-head">
          <h2>{room}</h2>
          <ConnectionStatus status={chat.status} onRetry={chat.retryNow} />
          <Button size="small" onClick={chat.leave} data-action="leave">
            {texts.leave}
          </Button>
        </header>
        <ChatMessages items={items} ownIds={ownIds} />
        {error !== undefined && <Alert banner type="error" title={texts.errors[error]} />}
        <ChatComposer chat={chat} name={name} />
      </section>
    </div>
  )
}
