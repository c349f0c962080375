export {
  type Message,
  ReconnectingWebSocket,
  type ReconnectingWebSocketEvents,
  type ReconnectingWebSocketOptions,
} from './reconnecting-web-socket.ts'
