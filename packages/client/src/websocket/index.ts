export {
  ReconnectingWebSocket,
  type ReconnectingWebSocketEvents,
  type ReconnectingWebSocketOptions,
} from './reconnecting-web-socket.ts'
export type { Message } from './waiting-messages.ts'
