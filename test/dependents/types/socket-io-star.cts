import { Server } from 'socket.io'

export * from 'socket.io'

export const io: Server = new Server()
