import type { ReadMemory } from '@bothways/protocol'
import type {
  Transport,
  TransportHandler,
} from '../../packages/bothways/src/connection/transports/transport.ts'

type Happening = 'data' | 'taken' | 'end' | 'destroyed'

/** Starts a transport and keeps all that it tells. */
export class TransportLog implements TransportHandler {
  readonly transport: Transport
  readonly chunks: Buffer[] = []
  /** Without the data, and without what was taken. */
  readonly events: Happening[] = []
  error: Error | undefined
  receivedBytes = 0
  takenBytes = 0
  /** The handler's reaction, there and then. */
  on: (happening: Happening) => void = () => {}
  #waiting: (() => void)[] = []

  constructor(transport: Transport) {
    this.transport = transport
    transport.start(this)
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get isDestroyed(): boolean {
    return this.events.includes('destroyed')
  }

  onData(chunk: Uint8Array): void {
    this.chunks.push(Buffer.from(chunk))
    this.receivedBytes += chunk.length
    this.#note('data')
  }

  onBorrowedData(memory: ReadMemory, byteLength: number): void {
    this.onData(memory.bytes.subarray(0, byteLength))
  }

  onTaken(bytes: number): void {
    this.takenBytes += bytes
    this.#note('taken')
  }

  onEnd(): void {
    this.events.push('end')
    this.#note('end')
  }

  onDestroyed(error: Error | undefined): void {
    this.events.push('destroyed')
    this.error = error
    this.#note('destroyed')
  }

  /** Resolves as soon as it is true; looks whenever the transport has told something. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  /** Waits for the end, and for what might wrongly come behind it. */
  async untilDestroyed(): Promise<void> {
    await this.until(() => this.isDestroyed)
    for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve))
  }

  #note(happening: Happening): void {
    this.on(happening)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
