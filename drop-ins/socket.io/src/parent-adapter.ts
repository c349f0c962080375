import { Adapter, type AdapterNamespace } from './adapter.ts'
import type { BroadcastOptions, Room } from './broadcast-options.ts'
import type { Packet } from './parser/packet.ts'

/** The adapter of a namespace that stands for others: an operation on all of its clients is done on all of theirs. */
export class ParentAdapter extends Adapter {
  readonly #children: () => Iterable<{ readonly adapter: Adapter }>

  constructor(nsp: AdapterNamespace, children: () => Iterable<{ readonly adapter: Adapter }>) {
    super(nsp)
    this.#children = children
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    for (const { adapter } of this.#children()) adapter.broadcast({ ...packet }, options)
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { adapter } of this.#children()) adapter.addSockets(options, rooms)
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { adapter } of this.#children()) adapter.delSockets(options, rooms)
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    for (const { adapter } of this.#children()) adapter.disconnectSockets(options, close)
  }
}
