import type { NoContract, TypesAlone } from './declarations/contract.ts'
import type { TypeOfContract } from './declarations/contract-types.ts'
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
export function createHub<User = undefined, C extends TypeOfContract = never>(
  options: HubOptions<User, C> & Required<Pick<HubOptions<User, C>, 'contract'>>,
): Hub<User, C>
/** With types alone, as `createHub<Offer>()`: the program is held to them, and what clients send is not checked. */
export function createHub<C extends TypesAlone = never>(
  ...options: [C] extends [never] ? [never] : [options?: HubOptions<undefined, C>]
): Hub<undefined, C>
export function createHub<User, C extends TypesAlone = never>(
  ...options: [C] extends [never] ? [never] : [options?: HubOptions<User, C>]
): Hub<User, C>
export function createHub<User = undefined>(
  options?: HubOptions<User> & (User extends TypesAlone ? never : unknown),
): Hub<User, NoContract>
export function createHub<User, C extends TypeOfContract>(options?: HubOptions<User, C>): Hub<User, C> {
  return new Hub(options)
}
