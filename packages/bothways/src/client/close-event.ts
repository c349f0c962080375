import { defineInspection } from '../connection/inspection.ts'
import { defineInterface, toDictionary, toDomString, toUnsignedShort, toUsvString } from './webidl.ts'

type EventInit = NonNullable<ConstructorParameters<typeof Event>[1]>

export interface CloseEventInit extends EventInit {
  wasClean?: boolean
  code?: number
  reason?: string
}

/** The `close` event (WHATWG WebSockets §6). */
export interface CloseEvent extends Event {
  /** Whether both sides sent a close frame and TCP ended as it should. */
  readonly wasClean: boolean
  readonly code: number
  readonly reason: string
}

type CloseEventClass = {
  readonly prototype: CloseEvent
  new (type: string, init?: CloseEventInit | null): CloseEvent
}

const OwnCloseEvent = class CloseEvent extends Event {
  readonly #code: number
  readonly #reason: string
  readonly #wasClean: boolean

  constructor(type: string, init: CloseEventInit | null = {}) {
    // biome-ignore lint/complexity/noArguments: WebIDL counts the arguments, undefined ones too
    // biome-ignore lint/correctness/noUndeclaredVariables: arguments is declared by the language
    if (arguments.length === 0) throw new TypeError('A CloseEvent needs a type.')
    const dictionary = toDictionary(init)
    super(toDomString(type), dictionary)
    const { code = 0, reason = '', wasClean = false } = dictionary
    this.#code = toUnsignedShort(code)
    this.#reason = toUsvString(reason)
    this.#wasClean = Boolean(wasClean)
  }

  get wasClean(): boolean {
    return this.#wasClean
  }

  get code(): number {
    return this.#code
  }

  get reason(): string {
    return this.#reason
  }
}
defineInterface(OwnCloseEvent, 'CloseEvent', ['wasClean', 'code', 'reason'])
defineInspection(OwnCloseEvent, 'CloseEvent', ({ type, code, reason, wasClean }) => ({
  type,
  code,
  reason,
  wasClean,
}))

/** The runtime's own class where it has one: Node does since its version 23. */
export const CloseEvent: CloseEventClass =
  (globalThis as { CloseEvent?: CloseEventClass }).CloseEvent ?? OwnCloseEvent
