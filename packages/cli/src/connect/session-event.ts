import type { Disconnect, HandshakeResult } from 'bothways'
import type { Draft } from '../doctor/catalogue/draft.ts'

export type Payload = string | Uint8Array

/** The doctor's conclusion from a failure, and the URL that was tried. */
export interface Verdict {
  readonly draft: Draft
  readonly url: string
}

/** An event of a session, as all ways to show it get it. */
export type SessionEvent =
  | {
      readonly type: 'connecting'
      readonly url: string
      readonly protocols: readonly string[]
      /** The names of the headers sent besides those of the handshake. */
      readonly headers: readonly string[]
    }
  | {
      readonly type: 'open'
      readonly url: string
      readonly protocol: string
      readonly extensions: string
      readonly handshake: HandshakeResult | undefined
    }
  | { readonly type: 'sent' | 'received'; readonly payload: Payload }
  /** An event of Socket.IO; with an `id` an acknowledgement is asked for. */
  | {
      readonly type: 'emitted' | 'event'
      readonly name: string
      readonly args: readonly unknown[]
      readonly id?: number
    }
  /** An acknowledgement of Socket.IO: theirs, and ours. */
  | { readonly type: 'ack' | 'acknowledged'; readonly id: number; readonly args: readonly unknown[] }
  | { readonly type: 'ping' | 'pong'; readonly payload: Uint8Array }
  | { readonly type: 'round-trip'; readonly milliseconds: number | undefined }
  | {
      readonly type: 'redirected'
      readonly status: number
      readonly url: string
      readonly isForeign: boolean
    }
  /** Until the next attempt. */
  | { readonly type: 'waiting'; readonly milliseconds: number }
  | { readonly type: 'error'; readonly error: Error; readonly verdict?: Verdict | undefined }
  | {
      readonly type: 'close'
      readonly code: number
      readonly reason: string
      readonly by: Disconnect['by'] | undefined
    }

export type SocketIoEvent = Extract<
  SessionEvent,
  { readonly type: 'emitted' | 'event' | 'ack' | 'acknowledged' }
>

export function payloadBytes(payload: Payload): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
}
