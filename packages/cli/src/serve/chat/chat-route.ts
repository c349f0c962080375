import type { Route, ServerSocket } from 'bothways'
import type { Chat, ChatPeer } from './chat.ts'

/** The chat for plain WebSockets. */
export function chatRoute(chat: Chat): Route<undefined> {
  const peers = new WeakMap<ServerSocket, ChatPeer>()
  return {
    protocols: ['chat.bothways'],
    open: socket => void peers.set(socket, peerOf(socket)),
    message: (socket, message) => chat.message(peers.get(socket) ?? peerOf(socket), message),
    close: socket => chat.close(peers.get(socket) ?? peerOf(socket)),
  }
}

function peerOf(socket: ServerSocket): ChatPeer {
  return {
    id: socket.id,
    send: text => socket.send(text),
    subscribe: topic => socket.subscribe(topic),
    unsubscribe: topic => socket.unsubscribe(topic),
    publish: (topic, text) => socket.publish(topic, text),
    disconnect: reason => socket.close(1008, reason),
  }
}
