import type { IncomingMessage } from 'node:http'
import { invalidOption } from '../connection/option-checks.ts'
import { aFunction, type OptionRules, wholeNumber } from '../connection/option-rules.ts'
import { type TrustedProxies, trustedProxiesOf } from '../opening/forwarded.ts'
import { checkOrigins } from '../opening/origin.ts'

export interface TopicsHttpOptions<User> {
  /** The path below which requests are answered, as that of the route. Default `/bothways`. */
  path?: string
  /** Pages that may ask besides those of the server itself, as for the server. Default: none. */
  origins?: readonly string[] | '*'
  /**
   * Tells the user of a request; nobody (`undefined`, `null`, `false`) is answered 401. Streams end when `expiresAt` has come.
   * Default: everybody is `undefined`.
   */
  authenticate?(
    request: IncomingMessage,
  ): HttpUser<User> | undefined | null | false | Promise<HttpUser<User> | undefined | null | false>
  /** The largest body, in bytes. Default 128 KiB. */
  maxBodyBytes?: number
  /** Memory of all bodies that are on their way, in bytes; at it the longest are answered 503. Default 64 MiB. */
  maxTotalBodyBytes?: number
  /** Event streams and long polls that may be open; one more stream is told to come back, a poll is answered at once. Default 10,000. */
  maxOpen?: number
  /** The same of one user, or of one address (IPv6: /64) where users have no id. Default 1,000. */
  maxOpenPerClient?: number
  /** Proxies whose `X-Forwarded-For` says what the address of a client is, as for the server. Default: none. */
  trustedProxies?: readonly string[]
}

/** Nobody can be `undefined` where users are something else. */
export type TopicsHttpArguments<User> = undefined extends User
  ? [options?: TopicsHttpOptions<User>]
  : [options: TopicsHttpOptions<User> & Required<Pick<TopicsHttpOptions<User>, 'authenticate'>>]

/** {@link TopicsHttpOptions} with every default filled in. */
export interface TopicsHttpSettings<User>
  extends Readonly<Required<Omit<TopicsHttpOptions<User>, 'authenticate' | 'trustedProxies'>>> {
  readonly authenticate: TopicsHttpOptions<User>['authenticate']
  readonly trustedProxies: TrustedProxies
}

export const topicsHttpRules: OptionRules<TopicsHttpOptions<unknown>, TopicsHttpSettings<unknown>> = {
  path: ({ path = '/bothways' }, name) => {
    if (typeof path === 'string' && path.startsWith('/')) return path
    throw invalidOption(name, "a path, such as '/bothways'", path)
  },
  origins: ({ origins = [] }) => {
    checkOrigins(origins)
    return origins
  },
  authenticate: aFunction,
  maxBodyBytes: wholeNumber(128 * 1024, 1),
  maxTotalBodyBytes: wholeNumber(64 * 1024 * 1024, 1),
  maxOpen: wholeNumber(10_000, 1),
  maxOpenPerClient: wholeNumber(1_000, 1),
  trustedProxies: ({ trustedProxies = [] }) => trustedProxiesOf(trustedProxies),
}

export interface HttpUser<User> {
  readonly user: User
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
}
