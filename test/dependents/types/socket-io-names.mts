import type { IncomingMessage } from 'node:http'
import { type Namespace, Server, type Socket } from 'socket.io'

interface ToServer {
  ask: (question: string, answer: (text: string) => void) => void
}

interface RequestWithSession extends IncomingMessage {
  session: { userId: string }
}

declare function session(request: RequestWithSession, response: { cookie: string }, next: () => void): void

const io = new Server<ToServer>({ connectionStateRecovery: {} })
io.engine.use(session)
io.on('connection', (socket: Socket<ToServer>) => {
  const address: string = socket.conn.remoteAddress
  socket.on('ask', (question, answer) => answer(`${question} ${address}`))
})

export const chat: Namespace<ToServer> = io.of('/chat')
