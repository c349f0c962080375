import type { EventEmitter } from 'node:events'
import { defineInspection } from 'bothways/connection'
import type { SocketState } from './socket-state.ts'

// The events of the WHATWG interface, made of those of the EventEmitter for programs that listen by `addEventListener` or
// by an `on…` attribute.

/** The event that a listener by `addEventListener` gets. */
class Event {
  readonly #type: string
  readonly #target: SocketState

  constructor(type: string, target: SocketState) {
    this.#type = type
    this.#target = target
  }

  get type(): string {
    return this.#type
  }

  get target(): SocketState {
    return this.#target
  }
}

class MessageEvent extends Event {
  readonly #data: unknown

  constructor(target: SocketState, data: unknown) {
    super('message', target)
    this.#data = data
  }

  get data(): unknown {
    return this.#data
  }
}

class CloseEvent extends Event {
  readonly #code: number
  readonly #reason: string
  readonly #wasClean: boolean

  constructor(target: SocketState, code: number, reason: string, wasClean: boolean) {
    super('close', target)
    this.#code = code
    this.#reason = reason
    this.#wasClean = wasClean
  }

  get code(): number {
    return this.#code
  }

  get reason(): string {
    return this.#reason
  }

  get wasClean(): boolean {
    return this.#wasClean
  }
}

class ErrorEvent extends Event {
  readonly #error: unknown

  constructor(target: SocketState, error: unknown) {
    super('error', target)
    this.#error = error
  }

  get error(): unknown {
    return this.#error
  }

  get message(): string {
    return (this.#error as Error).message
  }
}

makeEnumerable(Event.prototype, ['type', 'target'])
makeEnumerable(MessageEvent.prototype, ['data'])
makeEnumerable(CloseEvent.prototype, ['code', 'reason', 'wasClean'])
makeEnumerable(ErrorEvent.prototype, ['error', 'message'])

// An event that nobody listens for is what Node prints: of an error the cause is to be seen.
defineInspection(Event, 'Event', ({ type }) => ({ type }))
defineInspection(MessageEvent, 'MessageEvent', ({ type, data }) => ({ type, data }))
defineInspection(CloseEvent, 'CloseEvent', ({ type, code, reason, wasClean }) => ({
  type,
  code,
  reason,
  wasClean,
}))
defineInspection(ErrorEvent, 'ErrorEvent', ({ type, message, error }) => ({ type, message, error }))

/** As the attributes of a browser's objects are. */
export function makeEnumerable(prototype: object, names: readonly string[]): void {
  for (const name of names) Object.defineProperty(prototype, name, { enumerable: true })
}

type EventHandler = ((event: Event) => void) | { handleEvent(event: Event): void }

/** A listener of the EventEmitter that stands for one of the WHATWG interface. */
interface Wrapper {
  // biome-ignore lint/suspicious/noExplicitAny: an EventEmitter's listener takes what its event has
  (this: SocketState, ...args: any[]): void
  [handlerOf]: EventHandler
  [isAttribute]: boolean
}

const handlerOf = Symbol('handler')
const isAttribute = Symbol('attribute')

/** How the arguments of an emitted event become an `Event`. */
const makers: Readonly<Record<string, (target: SocketState, ...args: never[]) => Event>> = {
  open: target => new Event('open', target),
  message: (target, data: unknown, isBinary: boolean) =>
    new MessageEvent(target, isBinary ? data : String(data)),
  close: (target, code: number, reason: Buffer) =>
    new CloseEvent(target, code, reason.toString(), target._closeFrameReceived && target._closeFrameSent),
  error: (target, error: unknown) => new ErrorEvent(target, error),
}

/** Adds a listener of `addEventListener`, once; events of other names are not known. */
export function addHandler(
  emitter: SocketState,
  type: string,
  handler: EventHandler,
  { once = false, attribute = false }: { readonly once?: boolean; readonly attribute?: boolean } = {},
): void {
  const make = makers[type] as ((target: SocketState, ...args: unknown[]) => Event) | undefined
  if (make === undefined) return
  if (!attribute && wrappers(emitter, type, false).some(it => it[handlerOf] === handler)) return
  const wrapper: Wrapper = Object.assign(
    function (this: SocketState, ...args: unknown[]): void {
      const event = make(this, ...args)
      if (typeof handler === 'object') handler.handleEvent(event)
      else handler.call(this, event)
    },
    { [handlerOf]: handler, [isAttribute]: attribute },
  )
  if (once) emitter.once(type, wrapper)
  else emitter.on(type, wrapper)
}

export function removeHandler(emitter: SocketState, type: string, handler: EventHandler): void {
  const found = wrappers(emitter, type, false).find(it => it[handlerOf] === handler)
  if (found !== undefined) emitter.removeListener(type, found)
}

/** Gives a class the attributes `onopen`, `onmessage`, `onclose` and `onerror`. */
export function defineEventAttributes(prototype: SocketState): void {
  for (const type of Object.keys(makers)) {
    Object.defineProperty(prototype, `on${type}`, {
      configurable: true,
      enumerable: true,
      get(this: SocketState): EventHandler | null {
        return wrappers(this, type, true)[0]?.[handlerOf] ?? null
      },
      set(this: SocketState, handler: unknown): void {
        for (const wrapper of wrappers(this, type, true)) this.removeListener(type, wrapper)
        if (typeof handler === 'function') {
          addHandler(this, type, handler as (event: Event) => void, { attribute: true })
        }
      },
    })
  }
}

function wrappers(emitter: EventEmitter, type: string, attribute: boolean): Wrapper[] {
  const listeners = emitter.listeners(type) as Partial<Wrapper>[]
  return listeners.filter((it): it is Wrapper => it[handlerOf] !== undefined && it[isAttribute] === attribute)
}
