import type { Channel, SendOutcome } from 'bothways/connection'
import type { EngineRequest } from './engine-request.ts'
import type { Packet, Protocol } from './packet.ts'
import { SafeEmitter, withoutListeners } from './safe-emitter.ts'

export type TransportName = 'polling' | 'websocket'

/** Called with the transport when the packets sent have left. */
export type SendCallback = (transport: Transport) => void

/** The session or upgrade that a transport reports to. */
export interface TransportOwner {
  /** There is room to send. */
  onTransportReady(): void
  onTransportPacket(packet: Packet): void
  onTransportError(error: Error): void
  /** The other side has ended it. */
  onTransportClose(): void
}

/** An error of a transport. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly type = 'TransportError'
  /** The error behind it, if there is one. */
  readonly description: unknown

  constructor(message: string, description?: unknown) {
    super(message, description === undefined ? undefined : { cause: description })
    this.description = description
  }
}

/**
 * A way for packets between one client and the server: a channel whose messages are payloads, of one packet or more. Its only
 * events are `close`, and `headers` by long polling.
 */
export abstract class Transport extends SafeEmitter implements Channel<readonly Packet[]> {
  /** The session's id. */
  sid: string | undefined
  readonly protocol: Protocol
  /** Whether the client takes bytes; a query parameter `b64` says that it does not. */
  readonly supportsBinary: boolean
  #readyState: 'open' | 'closing' | 'closed' = 'open'
  /** False while sent packets are still on their way: a packet that is worth nothing later is better dropped then. */
  writable = false
  /** @internal Undefined: nobody cares any more. */
  owner: TransportOwner | undefined
  abstract readonly name: TransportName

  get readyState(): 'open' | 'closing' | 'closed' {
    return this.#readyState
  }

  /** @internal */
  set readyState(state: 'open' | 'closing' | 'closed') {
    if (this.#readyState === state) return
    this.#readyState = state
    if (state === 'closed') this.emit('close')
  }

  constructor({ _query: query }: EngineRequest) {
    super()
    withoutListeners(this)
    this.protocol = query.EIO === '4' ? 4 : 3
    this.supportsBinary = !query.b64
  }

  /** @internal */
  get isOpen(): boolean {
    return this.#readyState === 'open'
  }

  /** @internal Whether {@link send} may be called now: for the answer `sent`, or since the owner was told of room. */
  abstract get takesPackets(): boolean

  /** @internal */
  abstract get bufferedAmount(): number

  /** @internal Sends packets; `callbacks` follow when they have left. */
  abstract send(packets: readonly Packet[], callbacks?: readonly SendCallback[]): SendOutcome

  /**
   * @internal Ends it in order. `onClosed` follows when the client knows, or cannot be told.
   *
   * @param isDiscarded the client need not be waited for
   */
  close(onClosed: () => void = () => {}, isDiscarded = false): void {
    if (this.readyState !== 'open') return
    this.readyState = 'closing'
    this.doClose(onClosed, isDiscarded)
  }

  /**
   * @internal Lets go of it at once: nobody owns it any more, and nothing of it goes on for longer than it must.
   *
   * @param farewell what a request that waits is answered: that the session is over, or nothing
   */
  abstract release(farewell?: 'close' | 'noop'): void

  /** @internal Ends it at once, and what waits is lost; nobody owns it any more. */
  abstract terminate(): void

  protected abstract doClose(onClosed: () => void, isDiscarded: boolean): void

  protected fail(message: string, description?: unknown): void {
    this.owner?.onTransportError(new TransportError(message, description))
  }
}
