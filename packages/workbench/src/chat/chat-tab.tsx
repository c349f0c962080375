import { type ReactNode, useEffect } from 'react'
import { readStored } from '../app/stored.ts'
import './chat.css'
import { ChatRoom } from './chat-room.tsx'
import { JoinForm } from './join-form.tsx'
import { useChat } from './use-chat.ts'

export interface ChatTabProps {
  /** From the address: a link leads into a room. */
  readonly room: string | undefined
  /** Told in which room one is, or that one is in none. */
  onRoom(room: string | undefined): void
}

export function ChatTab({ room, onRoom }: ChatTabProps): ReactNode {
  const chat = useChat()
  const { room: joinedRoom, members, ownIds, error } = chat.state
  // The server's version of it: it leaves out what cannot be seen.
  const name = members.find(it => ownIds.has(it.id))?.name ?? chat.name

  useEffect(() => onRoom(joinedRoom), [joinedRoom, onRoom])

  if (joinedRoom === undefined) {
    return (
      // Another link is another form.
      <JoinForm
        key={room}
        room={room ?? readStored('chat-room')}
        error={error}
        status={chat.status}
        onJoin={chat.join}
      />
    )
  }
  return (
    <ChatRoom
      chat={chat}
      name={name}
      room={joinedRoom}
      otherRoom={room === joinedRoom ? undefined : room}
      onGo={() => room !== undefined && chat.join(room, name)}
      onStay={() => onRoom(joinedRoom)}
    />
  )
}
