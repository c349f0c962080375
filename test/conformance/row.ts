import type { RawFrame } from '@bothways/test-support/raw-frame'
import type { ConnectionOptions } from '../../packages/bothways/src/connection/options.ts'

/** The answer of an endpoint: a frame by its opcode, and for a close frame its code (undefined: none). */
export type Answer =
  | readonly ['text' | 'binary' | 'pong', string | Uint8Array]
  | readonly ['close', number | undefined]

/** How the bytes of a row are cut into chunks: all in one, one for each frame, one for each octet. */
export type Delivery = 'whole' | 'frames' | 'octets'

/** One rule, the bytes written to an echo endpoint, and exactly the answers that must come back. */
export interface Row {
  /** The number of the case in the public Autobahn test suite that exercises the same rule, and a variant. */
  readonly id: string
  readonly section: string
  readonly rule: string
  /** Frames as a server would write them; for an endpoint in the server role they are masked. */
  readonly write: readonly RawFrame[]
  /** All that comes back, in this order, and no more. */
  readonly expect: readonly Answer[]
  /**
   * - `open` (default): afterwards the connection is in order: a close frame is answered.
   * - `closed`: the close handshake is done; the server ends TCP, the client waits for that.
   * - `failed`: the endpoint has told why in its close frame and ends TCP itself, without more input.
   */
  readonly end?: 'closed' | 'failed'
  /** Default: all three. */
  readonly deliveries?: readonly Delivery[]
  readonly options?: ConnectionOptions
}
