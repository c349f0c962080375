import type { ServerSocket, SocketHandlers } from 'bothways'

/** Counts messages and bytes of the sockets whose handlers pass through it, since the server began. */
export class Traffic {
  messagesIn = 0
  messagesOut = 0
  readonly #open = new Set<ServerSocket>()
  #closedBytesIn = 0
  #closedBytesOut = 0

  get connections(): number {
    return this.#open.size
  }

  get bytesIn(): number {
    let sum = this.#closedBytesIn
    for (const socket of this.#open) sum += socket.bytesReceived
    return sum
  }

  get bytesOut(): number {
    let sum = this.#closedBytesOut
    for (const socket of this.#open) sum += socket.bytesSent
    return sum
  }

  /** The same handlers, counted. */
  counted(handlers: SocketHandlers<undefined>): SocketHandlers<undefined> {
    return {
      ...handlers,
      open: socket => {
        this.#open.add(socket)
        return handlers.open?.(socket)
      },
      message: (socket, message) => {
        this.messagesIn++
        return handlers.message?.(socket, message)
      },
      close: (socket, code, reason) => {
        this.#open.delete(socket)
        this.#closedBytesIn += socket.bytesReceived
        this.#closedBytesOut += socket.bytesSent
        return handlers.close?.(socket, code, reason)
      },
    }
  }

  send(socket: ServerSocket, message: string | Buffer): boolean {
    this.messagesOut++
    return socket.send(message)
  }

  /** To every subscriber but `socket`. */
  publish(socket: ServerSocket, topic: string, message: string): void {
    this.messagesOut += socket.publish(topic, message)
  }
}
