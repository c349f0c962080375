/** The calls that the broker makes on a server or a cluster. */
export interface RedisPort {
  /** Commands about one topic are sent in their order. */
  command(key: string, args: string[]): Promise<unknown>
  /** The same without an order: it may be answered by the server to which a slot is moving. */
  unordered(key: string, args: string[]): Promise<unknown>
  /** To each server that has keys and can be reached. */
  everywhere(args: string[]): Promise<readonly unknown[]>
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  /** A value that is the same for all keys of one server. */
  serverOf(key: string): unknown
  /** A call has failed: the key may be elsewhere by now. */
  lookAgain(): void
  /** Gives the own connections back; the client is its owner's. */
  close(): void
}
