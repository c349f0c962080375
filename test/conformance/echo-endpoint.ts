import { Duplex } from 'node:stream'
import type { DeflateDirections, Role } from '@bothways/protocol'
import { Connection } from '../../packages/bothways/src/connection/connection.ts'
import type { Disconnect } from '../../packages/bothways/src/connection/disconnect.ts'
import {
  type ConnectionOptions,
  resolveConnectionOptions,
} from '../../packages/bothways/src/connection/options.ts'
import { StreamTransport } from '../../packages/bothways/src/connection/stream-transport.ts'
import { type ReadFrame, readFrames } from '../support/frame-reader.ts'

/** How long anything may take that must happen; `BOTHWAYS_DEADLINE_FACTOR` scales it on slow machines. */
const deadlineMs = 2_000 * Number(process.env.BOTHWAYS_DEADLINE_FACTOR ?? 1)

/** The byte stream below the endpoint: the test pushes chunks in, and everything written is kept. */
class Wire extends Duplex {
  #written: Buffer[] = []
  hasFin = false

  get written(): Buffer {
    const whole = Buffer.concat(this.#written)
    this.#written = [whole]
    return whole
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#written.push(chunk)
    done()
  }

  override _final(done: () => void): void {
    this.hasFin = true
    done()
  }
}

/** A {@link Connection} that sends every message back, and the test's raw access to its byte stream. */
export class EchoEndpoint {
  disconnect: Disconnect | undefined
  readonly #role: Role
  readonly #wire = new Wire()

  constructor(role: Role, options: ConnectionOptions = {}, deflate?: DeflateDirections) {
    this.#role = role
    const connection = new Connection(
      {
        onMessage: message => connection.send(message),
        onClose: disconnect => {
          this.disconnect = disconnect
        },
      },
      {
        role,
        transport: new StreamTransport(this.#wire),
        settings: resolveConnectionOptions(options, role),
        deflate,
      },
    )
    connection.start()
  }

  /** True when the endpoint has ended its direction of TCP. */
  get hasEndedTcp(): boolean {
    return this.#wire.hasFin
  }

  /** Delivers a chunk as it is. */
  write(chunk: Uint8Array): void {
    this.#wire.push(Buffer.from(chunk))
  }

  /** Ends the test's direction of TCP. */
  endTcp(): void {
    this.#wire.push(null)
  }

  /** The frames that the endpoint has written so far; it must mask them by its role (RFC 6455 §5.1). */
  frames(): ReadFrame[] {
    const frames = readFrames(this.#wire.written)
    const isClient = this.#role === 'client'
    for (const { isMasked } of frames) {
      if (isMasked !== isClient) throw new Error(`A ${this.#role} wrote a frame masked the wrong way`)
    }
    return frames
  }

  /** Waits until something is true, at most until the deadline; returns whether it is. */
  async until(isTrue: () => boolean): Promise<boolean> {
    const end = performance.now() + deadlineMs
    while (!isTrue() && performance.now() < end) await turn()
    return isTrue()
  }

  /** Lets the endpoint do what it would do without further input. */
  async idle(): Promise<void> {
    for (let count = 0; count < 4; count++) await turn()
  }
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
