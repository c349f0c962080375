import { type ReactNode, useEffect, useState } from 'react'
import './chat.css'
import { ChatRoom } from './chat-room.tsx'
import { JoinForm } from './join-form.tsx'
import { useChat } from './use-chat.ts'

export interface ChatTabProps {
  /** From the address: a link leads into a room. */
  readonly room: string | undefined
  onRoom(room: string | undefined): void
}

export function ChatTab({ room, onRoom }: ChatTabProps): ReactNode {
  const chat = useChat()
  const [name, setName] = useState('')
  const joinedRoom = chat.state.room

  // biome-ignore lint/correctness/useExhaustiveDependencies: only entering a room changes the address
  useEffect(() => {
    if (joinedRoom !== undefined) onRoom(joinedRoom)
  }, [joinedRoom])

  if (joinedRoom === undefined) {
    return (
      <JoinForm
        room={room}
        error={chat.state.error}
        status={chat.status}
        onJoin={(roomName, ownName) => {
          setName(ownName)
          chat.join(roomName, ownName)
        }}
      />
    )
  }
  return <ChatRoom chat={chat} name={name} room={joinedRoom} />
}
