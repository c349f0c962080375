import { Server } from 'socket.io'

// biome-ignore lint/suspicious/noExplicitAny: as socket.io has it
type EventsMap = { [event: string]: any }

declare module 'socket.io/dist/socket' {
  interface Socket<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    ServerSideEvents extends EventsMap,
    SocketData,
  > {
    userId?: string
  }
}

declare module 'socket.io/dist/namespace' {
  interface Namespace<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    ServerSideEvents extends EventsMap,
    SocketData,
  > {
    topic?: string
  }
}

const io = new Server()
io.of('/chat').topic = 'chat'
io.on('connection', socket => {
  socket.userId = 'a'
})
