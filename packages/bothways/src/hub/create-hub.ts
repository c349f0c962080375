import type { Contract, NoContract } from './contract.ts'
import { Hub } from './hub.ts'
import type { HubOptions } from './hub-options.ts'

/**
 * Makes a hub. Its types follow from the contract; a program that names the user's type names the contract's beside it, as
 * `createHub<User, typeof contract>`.
 *
 * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`
 * @example
 * const hub = createHub({ topics: { 'room/:id': { history: { count: 500, ageMs: 600_000 }, presence: true } } })
 * createServer().route('/bothways', topicsRoute(hub))
 */
export function createHub<User = undefined, C extends Contract = never>(
  options: HubOptions<User, C> & { readonly contract: C },
): Hub<User, C>
export function createHub<User = undefined>(options?: HubOptions<User>): Hub<User, NoContract>
export function createHub<User, C extends Contract>(options?: HubOptions<User, C>): Hub<User, C> {
  return new Hub(options)
}
