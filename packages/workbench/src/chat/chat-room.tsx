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
  /** Where the address has led meanwhile; undefined when that is here. */
  readonly otherRoom: string | undefined
  /** Goes to the other room. */
  onGo(): void
  /** Stays in this one. */
  onStay(): void
}

export function ChatRoom({ chat, name, room, otherRoom, onGo, onStay }: ChatRoomProps): ReactNode {
  const texts = useTexts().chat
  const { members, ownIds, error, items, pending } = chat.state
  return (
    <div className="chat">
      <aside className="panel chat-members" aria-label={texts.here(members.length)}>
        <h2 className="panel-title">{texts.here(members.length)}</h2>
        <ul>
          {members.map(({ id, name: memberName }) => (
            <li key={id} data-member={memberName}>
              <span className="dot dot-open" />
              <bdi>{memberName}</bdi>
              {ownIds.has(id) && <span className="muted">({texts.you})</span>}
            </li>
          ))}
        </ul>
      </aside>
      <section className="panel chat-main" aria-label={texts.room}>
        <header className="chat-head">
          <h2>
            <bdi>{room}</bdi>
          </h2>
          <ConnectionStatus status={chat.status} onRetry={chat.retryNow} />
          <Button size="small" onClick={chat.leave} data-action="leave">
            {texts.leave}
          </Button>
        </header>
        {otherRoom !== undefined && (
          <Alert
            type="info"
            role="alertdialog"
            aria-label={texts.linkTo(otherRoom)}
            data-other-room={otherRoom}
            title={texts.linkTo(`\u2068${otherRoom}\u2069`)}
            action={
              <span className="chat-choice">
                <Button size="small" type="primary" onClick={onGo} data-action="go">
                  {texts.goThere}
                </Button>
                <Button size="small" onClick={onStay} data-action="stay">
                  {texts.stayHere}
                </Button>
              </span>
            }
          />
        )}
        <ChatMessages items={items} ownIds={ownIds} pending={pending} />
        {error !== undefined && <Alert banner type="error" title={texts.errors[error]} />}
        <ChatComposer chat={chat} name={name} />
      </section>
    </div>
  )
}
