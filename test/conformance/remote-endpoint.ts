import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Role } from '@bothways/protocol'
import { FrameCutShort, type ReadFrame, readFrames } from '@bothways/test-support/frame-reader'
import type { Endpoint } from './check-row.ts'
import { Collected, deadlineMs } from './echo-endpoint.ts'
import type { Row } from './row.ts'

/** An echo connection in another process: `echo-connection.mjs`, in whatever runtime it was started. */
export class RemoteEndpoint implements Endpoint {
  readonly #role: Role
  readonly #socket: Socket
  readonly #collected = new Collected()
  #wake: (() => void) | undefined
  hasEndedTcp = false
  disconnect: unknown

  static async open(port: number, role: Role, options: Row['options'] = {}): Promise<RemoteEndpoint> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    socket.write(`${JSON.stringify({ role, options })}\n`)
    const [ready] = (await once(socket, 'data')) as [Buffer]
    return new RemoteEndpoint(role, socket, ready.subarray(1))
  }

  private constructor(role: Role, socket: Socket, first: Buffer) {
    this.#role = role
    this.#socket = socket
    this.#collected.add(first)
    socket.on('data', chunk => {
      this.#collected.add(chunk)
      this.#wake?.()
    })
    socket.on('end', () => {
      this.hasEndedTcp = true
      this.#wake?.()
    })
    // A connection that the endpoint resets is no error of the test.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.disconnect = true
      this.#wake?.()
    })
  }

  write(chunk: Uint8Array): void {
    this.#socket.write(chunk)
  }

  endTcp(): void {
    this.#socket.end()
  }

  frames(): ReadFrame[] {
    const frames = readFrames(this.#collected.whole)
    const isClient = this.#role === 'client'
    for (const { isMasked } of frames) {
      if (isMasked !== isClient) throw new Error(`A ${this.#role} wrote a frame masked the wrong way`)
    }
    return frames
  }

  hasWritten(count: number): boolean {
    try {
      return this.frames().length >= count
    } catch (error) {
      if (error instanceof FrameCutShort) return false
      throw error
    }
  }

  async until(isTrue: () => boolean): Promise<boolean> {
    const end = performance.now() + deadlineMs
    while (!isTrue() && performance.now() < end) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, end - performance.now())
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return isTrue()
  }

  /** Frames that would follow are there at the latest when TCP has ended, and are looked at then. */
  async idle(): Promise<void> {}
}
