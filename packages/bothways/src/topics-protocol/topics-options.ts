import { UsageError } from '@bothways/protocol'
import { kindOf, longestTimerMs } from '../connection/option-checks.ts'
import { aFunction, type OptionRules, wholeNumber } from '../connection/option-rules.ts'
import type { ServerSocket } from '../server/server-socket.ts'

/** The user that a token belongs to, and when it runs out, in ms since 1970. */
export interface TokenUser<User> {
  readonly user: User
  readonly expiresAt?: number
}

export interface TopicsRouteOptions<User> {
  /**
   * Tells the user of a client by the token of its `hello`; nobody (`undefined`, `null`, `false`) closes with 4401. Without it a
   * client's user is that of the server's `authenticate`.
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

/** {@link TopicsRouteOptions} with every default filled in. */
export interface TopicsRouteSettings<User>
  extends Readonly<Required<Omit<TopicsRouteOptions<User>, 'authenticateToken'>>> {
  readonly authenticateToken: TopicsRouteOptions<User>['authenticateToken']
}

export const topicsRouteRules: OptionRules<TopicsRouteOptions<unknown>, TopicsRouteSettings<unknown>> = {
  authenticateToken: aFunction,
  helloTimeoutMs: wholeNumber(10_000, 1, longestTimerMs),
  maxMessageBytes: wholeNumber(128 * 1024, 1),
  maxPendingCalls: wholeNumber(64, 1),
}

/**
 * Somebody, as an option of this name has said.
 *
 * @throws UsageError `BW_INVALID_OPTION` for what is no `{ user }`, such as the user itself: it would be nobody
 */
export function checkedUser<Known extends TokenUser<unknown>>(known: Known, option: string): Known {
  if (typeof known === 'object' && 'user' in known) return known
  throw new UsageError(
    'BW_INVALID_OPTION',
    `${option} says who somebody is as { user, expiresAt }, without expiresAt where nothing expires; got ${kindOf(known)}.`,
  )
}
