/** The part used of a connection of `@nats-io/nats-core` (3), as `connect` of `@nats-io/transport-node` resolves with it. */
export interface NatsConnection {
  readonly info?: { readonly version: string } | undefined
  /** As it was given to `connect`. */
  readonly options?: { readonly inboxPrefix?: string | undefined } | undefined
  publish(subject: string, payload?: string | Uint8Array, options?: { headers?: never; reply?: string }): void
  requestMany(
    subject: string,
    payload?: string | Uint8Array,
    options?: { strategy: never; maxMessages: number; maxWait: number; noMux: boolean },
  ): Promise<AsyncIterable<NatsMessage>>
  subscribe(
    subject: string,
    options?: { callback: (error: Error | null, message: NatsMessage) => void },
  ): { unsubscribe(): void }
  flush(): Promise<void>
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error }>
}

export interface NatsMessage {
  readonly subject: string
  readonly data: Uint8Array
  readonly reply?: string
  readonly headers?: NatsHeaders
}

export interface NatsHeaders {
  /** The status of a message of the server itself, such as 404; 0 for all others. */
  readonly code: number
  /** Empty when there is none. */
  get(name: string): string
  set(name: string, value: string): void
}
