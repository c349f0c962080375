import type { Packet } from './parser/packet.ts'
import { StrictEventEmitter } from './strict-event-emitter.ts'
import type { EventsMap } from './typed-events.ts'

// biome-ignore lint/suspicious/noExplicitAny: events with whatever arguments
type CatchAllListener = (...args: any[]) => void

/** Listeners of all events. */
class CatchAll {
  #listeners: CatchAllListener[] | undefined

  get isEmpty(): boolean {
    return this.#listeners === undefined || this.#listeners.length === 0
  }

  /** The list itself: a program may change it. */
  get listeners(): CatchAllListener[] {
    this.#listeners ??= []
    return this.#listeners
  }

  add(listener: CatchAllListener): void {
    this.listeners.push(listener)
  }

  prepend(listener: CatchAllListener): void {
    this.listeners.unshift(listener)
  }

  remove(listener: CatchAllListener | undefined): void {
    if (listener === undefined) {
      this.#listeners = undefined
      return
    }
    const at = this.#listeners?.indexOf(listener) ?? -1
    if (at !== -1) this.#listeners?.splice(at, 1)
  }

  call(self: unknown, args: readonly unknown[]): void {
    if (this.isEmpty) return
    for (const listener of [...this.listeners]) listener.apply(self, args as unknown[])
  }
}

/** An emitter with listeners of all events that come, and of all that are sent. */
export abstract class CatchAllEmitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ReservedEvents extends EventsMap,
> extends StrictEventEmitter<ListenEvents, EmitEvents, ReservedEvents> {
  /** @internal Undefined: there have been none. */
  protected _incoming: CatchAll | undefined
  #outgoing: CatchAll | undefined

  /** Hears every event, its name first. */
  onAny(listener: CatchAllListener): this {
    this.#ofIncoming.add(listener)
    return this
  }

  /** As {@link onAny}, before the others. */
  prependAny(listener: CatchAllListener): this {
    this.#ofIncoming.prepend(listener)
    return this
  }

  /** Removes a listener of all events; without an argument all of them. */
  offAny(listener?: CatchAllListener): this {
    this._incoming?.remove(listener)
    return this
  }

  listenersAny(): CatchAllListener[] {
    return this.#ofIncoming.listeners
  }

  /** Hears every event that is sent, its name first; no acknowledgements. */
  onAnyOutgoing(listener: CatchAllListener): this {
    this.#ofOutgoing.add(listener)
    return this
  }

  /** As {@link onAnyOutgoing}, before the others. */
  prependAnyOutgoing(listener: CatchAllListener): this {
    this.#ofOutgoing.prepend(listener)
    return this
  }

  /** Removes a listener of all sent events; without an argument all of them. */
  offAnyOutgoing(listener?: CatchAllListener): this {
    this.#outgoing?.remove(listener)
    return this
  }

  listenersAnyOutgoing(): CatchAllListener[] {
    return this.#ofOutgoing.listeners
  }

  /** @internal */
  notifyOutgoingListeners(packet: Packet): void {
    this.#outgoing?.call(this, packet.data)
  }

  /** @internal Whether somebody wants to know what is sent. */
  get _hasOutgoingListeners(): boolean {
    return this.#outgoing?.isEmpty === false
  }

  get #ofIncoming(): CatchAll {
    this._incoming ??= new CatchAll()
    return this._incoming
  }

  get #ofOutgoing(): CatchAll {
    this.#outgoing ??= new CatchAll()
    return this.#outgoing
  }
}
