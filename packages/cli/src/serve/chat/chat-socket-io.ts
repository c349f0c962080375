import { randomUUID } from 'node:crypto'
import type { Server, Socket, TopicServer } from '@bothways/socket.io'
import type { Chat, ChatPeer } from './chat.ts'

interface ChatEvents {
  message(text: string): void
}

/** The chat for clients of Socket.IO: what is JSON text there is the text of the event `message` here. */
export function chatOnSocketIo(chat: Chat, io: Server<ChatEvents, ChatEvents>): void {
  io.on('connection', socket => {
    const peer = peerOf(socket)
    socket.on('message', text => chat.message(peer, text))
    socket.on('disconnect', () => chat.close(peer))
  })
}

function peerOf(socket: Socket<ChatEvents, ChatEvents>): ChatPeer {
  return {
    // Others see it. The id of a client of version 2 is that of its session, which nobody else may know.
    id: randomUUID(),
    send: text => socket.emit('message', text),
    subscribe: topic => socket.join(topic),
    unsubscribe: topic => socket.leave(topic),
    publish: (topic, text) => socket.to(topic).emit('message', text),
    disconnect: () => socket.disconnect(true),
  }
}

/**
 * The topics of a server as the chat's rooms: plain subscribers get the text of an event `message`, as if one of
 * them had sent it, instead of `["message", text]`.
 */
export function chatTopics(server: TopicServer): TopicServer {
  return {
    subscribe: (topic, listener) => server.subscribe(topic, listener),
    publish(topic, data, options) {
      const [, text] = JSON.parse(String(data)) as [event: string, text: string]
      return server.publish(topic, text, options)
    },
  }
}
