import type { Socket } from 'node:net'
import type { Connection, takeTransport } from 'bothways/connection'

/** Where the program is told of a pause. */
interface PausedConnection {
  inputPaused: boolean
  emit(event: 'pause' | 'resume'): boolean
}

/**
 * The pauses of a connection's socket: the program's own, of which it hears, and those in which others have their turn,
 * of which it does not.
 */
export class ReadPause {
  readonly #socket: Socket
  readonly #transport: ReturnType<typeof takeTransport>
  readonly #core: Connection
  readonly #connection: PausedConnection
  #isProgramPause = false
  #isTurnPause = false

  constructor(
    socket: Socket,
    transport: ReturnType<typeof takeTransport>,
    core: Connection,
    connection: PausedConnection,
  ) {
    this.#socket = socket
    this.#transport = transport
    this.#core = core
    this.#connection = connection
  }

  /** The program does not read. */
  get isOn(): boolean {
    return this.#isProgramPause
  }

  /** Begins to look at the socket, which the program may have paused before anything could come. */
  start(): void {
    if (this.#socket.isPaused()) this.#core.pause()
    this.#socket.on('pause', () => this.#onPause())
    this.#socket.on('resume', () => this.#onResume())
  }

  pause(): void {
    const wasPaused = this.#socket.isPaused()
    this.#socket.pause()
    if (wasPaused && this.#isTurnPause && !this.#isProgramPause) this.#onPause()
  }

  #onPause(): void {
    if (this.#transport.isPausing) {
      this.#isTurnPause = true
      return
    }
    this.#connection.inputPaused = true
    this.#isProgramPause = true
    this.#core.pause()
    this.#connection.emit('pause')
  }

  #onResume(): void {
    // It may have been paused again since.
    if (this.#socket.isPaused()) return
    const isOurs = this.#isTurnPause && !this.#isProgramPause
    this.#isTurnPause = false
    if (isOurs) return
    this.#connection.inputPaused = false
    this.#isProgramPause = false
    this.#connection.emit('resume')
    this.#core.resume()
  }
}
