import type { MessagePort } from 'node:worker_threads'
import { defineInterface, toDictionary, toDomString, toSequence, toUsvString } from './webidl.ts'

type MessageEventClass = typeof globalThis.MessageEvent
type MessageEventInit = ConstructorParameters<MessageEventClass>[1] | null

/** Those of most events; an array for each would take most of the time that an event takes. */
const noPorts: readonly MessagePort[] = Object.freeze([])

/**
 * HTML §9.1. Node 20 has a `MessageEvent` without its tag, that ignores `bubbles` and `cancelable`; this one is an
 * instance of that, too.
 */
function completed(Runtime: MessageEventClass | undefined): MessageEventClass {
  const Completed = class MessageEvent extends Event {
    readonly #data: unknown
    readonly #lastEventId: string
    readonly #origin: string
    readonly #ports: readonly MessagePort[]
    readonly #source: MessagePort | null

    constructor(type: string, init: MessageEventInit = {}) {
      // biome-ignore lint/complexity/noArguments: WebIDL counts the arguments, undefined ones too
      if (arguments.length === 0) throw new TypeError('A MessageEvent needs a type.')
      const dictionary = toDictionary(init)
      super(toDomString(type), dictionary)
      const { data = null, lastEventId = '', origin = '', ports, source = null } = dictionary
      this.#data = data
      this.#lastEventId = toDomString(lastEventId)
      this.#origin = toUsvString(origin)
      this.#ports = ports === undefined ? noPorts : Object.freeze(toSequence(ports, toPort))
      this.#source = source === null ? null : toPort(source)
    }

    get data(): unknown {
      return this.#data
    }

    get origin(): string {
      return this.#origin
    }

    get lastEventId(): string {
      return this.#lastEventId
    }

    get source(): MessagePort | null {
      return this.#source
    }

    get ports(): readonly MessagePort[] {
      return this.#ports
    }
  }
  if (Runtime !== undefined) Object.setPrototypeOf(Completed.prototype, Runtime.prototype)
  defineInterface(Completed, 'MessageEvent', ['data', 'origin', 'lastEventId', 'source', 'ports'])
  return Completed as unknown as MessageEventClass
}

function toPort(value: unknown): MessagePort {
  if (value instanceof globalThis.MessagePort) return value
  throw new TypeError('A port of a MessageEvent must be a MessagePort.')
}

/** Node 22 loads undici for its class, which ends the process where there is no WebAssembly, as with `--jitless`. */
const Runtime = 'WebAssembly' in globalThis ? globalThis.MessageEvent : undefined

/** The runtime's own class where that is whole. */
export const MessageEvent: MessageEventClass =
  Runtime !== undefined && Object.hasOwn(Runtime.prototype, Symbol.toStringTag) ? Runtime : completed(Runtime)
