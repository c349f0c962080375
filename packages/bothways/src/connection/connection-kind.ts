import type { ReceiverOptions, Role } from '@bothways/protocol'
import type { ByteBudget } from './byte-budget.ts'
import { type ConnectionCompat, noCompat } from './compat.ts'
import type { ConnectionInit } from './connection-init.ts'
import type { ConnectionSettings } from './options.ts'
import type { WorkGate } from './work-gate.ts'

/** The fields that connections made alike have in common, such as all of a server: each would pay for every one of them. */
export class ConnectionKind {
  readonly role: Role
  readonly settings: ConnectionSettings
  readonly compat: ConnectionCompat
  readonly incomingBudget: ByteBudget | undefined
  readonly outgoingBudget: ByteBudget | undefined
  readonly zlibGate: WorkGate | undefined
  readonly #receivers: readonly [plain: ReceiverOptions, deflate: ReceiverOptions]

  private constructor(init: ConnectionInit) {
    const { role, settings, compat = noCompat } = init
    this.role = role
    this.settings = settings
    this.compat = compat
    this.incomingBudget = init.incomingBudget
    this.outgoingBudget = init.outgoingBudget
    this.zlibGate = init.zlibGate
    const { maxMessageBytes } = settings
    const plain: ReceiverOptions = { role, maxMessageBytes, ...compat.receiver }
    this.#receivers = [plain, { ...plain, isDeflateNegotiated: true }]
  }

  /** The latest of each settings. */
  static readonly #known = new WeakMap<ConnectionSettings, ConnectionKind>()

  /** The same one for connections that differ in nothing but what they are made on. */
  static of(init: ConnectionInit): ConnectionKind {
    const known = ConnectionKind.#known.get(init.settings)
    if (known?.isOf(init)) return known
    const kind = new ConnectionKind(init)
    ConnectionKind.#known.set(init.settings, kind)
    return kind
  }

  receiver(isDeflateNegotiated: boolean): ReceiverOptions {
    return this.#receivers[isDeflateNegotiated ? 1 : 0]
  }

  private isOf({
    role,
    compat = noCompat,
    incomingBudget,
    outgoingBudget,
    zlibGate,
  }: ConnectionInit): boolean {
    return (
      role === this.role &&
      compat === this.compat &&
      incomingBudget === this.incomingBudget &&
      outgoingBudget === this.outgoingBudget &&
      zlibGate === this.zlibGate
    )
  }
}
