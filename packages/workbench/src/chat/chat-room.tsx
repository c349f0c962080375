import type { ConnectionState } from '@bothways/client'
import { Alert, Button } from 'antd'
import { type ReactNode, useCallback } from 'react'
import { useTexts } from '../app/app-context.ts'
import { ConnectionStatus } from '../connection/connection-status.tsx'
import { ChatComposer } from './chat-composer.tsx'
import { ChatMessages } from './chat-messages.tsx'
import type { ChatSession } from './chat-session.ts'
import type { ChatState } from './chat-state.ts'
import { MemberList } from './member-list.tsx'

export interface ChatRoomProps {
  readonly session: ChatSession
  readonly state: ChatState
  readonly connection: ConnectionState
  readonly room: string
  /** Where the address has led meanwhile; undefined when that is here. */
  readonly otherRoom: string | undefined
  onRetry(): void
  /** Goes to the other room. */
  onGo(): void
  /** Stays in this one. */
  onStay(): void
}

export function ChatRoom(props: ChatRoomProps): ReactNode {
  const { session, state, connection, room, otherRoom, onRetry, onGo, onStay } = props
  const texts = useTexts().chat
  const { members, memberCount, problem, items, pending, unsent } = state
  const say = useCallback((text: string) => session.say(text), [session])
  return (
    <div className="chat">
      <MemberList
        members={members}
        count={memberCount}
        ownId={session.ownId}
        isKnown={connection.transport === undefined || connection.transport === 'websocket'}
      />
      <section className="panel chat-main" aria-label={texts.room}>
        <header className="chat-head">
          <h2>
            <bdi>{room}</bdi>
          </h2>
          <ConnectionStatus connection={connection} onRetry={onRetry} />
          <Button size="small" onClick={() => session.leave()} data-action="leave">
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
        <ChatMessages
          items={items}
          ownId={session.ownId}
          pending={pending}
          isWaiting={connection.status !== 'open'}
        />
        {problem !== undefined && <Alert banner type="error" title={texts.problems[problem]} />}
        <ChatComposer name={session.name} unsent={unsent} onSay={say} />
      </section>
    </div>
  )
}
