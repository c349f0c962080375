import type { ServerSocket } from '../server/server-socket.ts'

/** Who a token belongs to, and when it runs out, in ms since 1970. */
export interface TokenUser<User> {
  readonly user: User
  readonly expiresAt?: number
}

export interface TopicsRouteOptions<User> {
  /**
   * Who a client is by the token of its `hello`; nobody (`undefined`, `null`, `false`) closes with 4401. Without it a client is
   * who the server's `authenticate` says.
   */
  authenticateToken?(
    token: string | undefined,
    socket: ServerSocket<User | undefined>,
  ): TokenUser<User> | undefined | null | false | Promise<TokenUser<User> | undefined | null | false>
  /** How long a client may wait with its `hello`, in ms. Default 10,000. */
  helloTimeoutMs?: number
  /** The largest message of a client, in bytes; a larger one closes with 4413. Default 128 KiB. */
  maxMessageBytes?: number
  /** Calls of one client that may be unanswered; then it is not read until some are. Default 64. */
  maxPendingCalls?: number
}
