import type { Environment } from './environment.ts'
import type { ClientMessage, ServerMessage } from './messages.ts'
import type { Ending } from './reason.ts'

/** One connection that carries messages of bothways.v1, whatever it is made of. */
export interface Transport {
  /** @param data JSON of the message's `data`, as text */
  send(message: ClientMessage, data?: string): void
  /** Ends it; the handler hears nothing more. */
  close(): void
}

export interface TransportHandler {
  /** Messages can be sent. */
  onOpen(): void
  onMessage(message: ServerMessage): void
  /** Something came, such as a comment: the other side lives. */
  onLife(): void
  /** It did not open, or has ended: once. */
  onEnd(ending: Ending): void
}

/** The part of a WebSocket class that is used: a browser's, that of `bothways`, of `ws`. */
export type WebSocketClass = new (
  url: string,
  protocols?: string | string[],
  // biome-ignore lint/suspicious/noExplicitAny: each class has options of its own, or none
  options?: any,
) => WebSocketLike

export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly protocol: string
  readonly bufferedAmount: number
  // biome-ignore lint/suspicious/noExplicitAny: each class has its own events
  addEventListener(type: any, listener: (event: any) => void): void
  send(data: string): void
  close(code?: number, reason?: string): void
}

/** The part of `fetch` that is used. */
export type FetchFunction = (
  url: string,
  init: {
    method: string
    headers: Record<string, string>
    body?: string
    signal: AbortSignal
    cache: 'no-store'
  },
) => Promise<FetchedResponse>

export interface FetchedResponse {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: ReadableStream<Uint8Array> | null
  text(): Promise<string>
}

export type TokenFunction = () => string | null | undefined | Promise<string | null | undefined>

export interface TransportContext {
  /** Of the topics, `http:` or `https:`. */
  readonly url: string
  readonly environment: Environment
  readonly WebSocket: WebSocketClass | undefined
  readonly fetch: FetchFunction | undefined
  readonly token: TokenFunction | undefined
  /** Whether WebSockets (`true`) and requests (`false`) are forbidden to the page by its Content Security Policy. */
  readonly blocked: Set<boolean>
  /** Compressed messages came damaged. */
  isCompressionBroken: boolean
  /** How long the next opening may take, up to the welcome, in ms. */
  openingMs: number
}

export type TransportKind = 'websocket' | 'event-stream' | 'long-poll'

export interface TransportOpener {
  readonly kind: TransportKind
  open(context: TransportContext, handler: TransportHandler): Transport
}
