import type { Client } from '@bothways/client'
import { useClient, useConnection } from '@bothways/react'
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react'
import { readStored } from '../app/stored.ts'
import { PageTopics } from '../connection/page-topics.tsx'
import './chat.css'
import { ChatRoom } from './chat-room.tsx'
import { ChatSession } from './chat-session.ts'
import { JoinForm } from './join-form.tsx'

export interface ChatTabProps {
  /** From the address: a link leads into a room. */
  readonly room: string | undefined
  /** Told in which room one is, or that one is in none. */
  onRoom(room: string | undefined): void
}

export function ChatTab(props: ChatTabProps): ReactNode {
  return (
    <PageTopics path="bothways">
      <WithClient {...props} />
    </PageTopics>
  )
}

function WithClient(props: ChatTabProps): ReactNode {
  const client = useClient()
  return client && <Chat {...props} client={client} />
}

function Chat({ room, onRoom, client }: ChatTabProps & { client: Client }): ReactNode {
  const [session] = useState(() => new ChatSession(client))
  useSyncExternalStore(session.signal.subscribe, session.signal.version)
  const connection = useConnection()
  const { state } = session
  const joinedRoom = state.room

  useEffect(() => onRoom(joinedRoom), [joinedRoom, onRoom])
  useEffect(() => () => session.leave(), [session])

  if (joinedRoom === undefined) {
    return (
      // Another link is another form.
      <JoinForm
        key={room}
        room={room ?? readStored('chat-room')}
        problem={state.problem}
        connection={connection}
        onJoin={(wanted, name) => void session.join(wanted, name)}
      />
    )
  }
  return (
    <ChatRoom
      session={session}
      state={state}
      connection={connection}
      room={joinedRoom}
      otherRoom={room === joinedRoom ? undefined : room}
      onRetry={() => client.connect()}
      onGo={() => room !== undefined && void session.join(room, session.name)}
      onStay={() => onRoom(joinedRoom)}
    />
  )
}
