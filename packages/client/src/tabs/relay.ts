import type {
  ClientMessage,
  Ending,
  Environment,
  Line,
  LineHandler,
  ServerMessage,
  Welcome,
} from '../core/transport-kit.ts'
import type { FromTab } from './channel.ts'
import { RelayedTopic } from './relayed-topic.ts'

/** Tabs number their calls each for themselves: the longest number here is so many characters longer than theirs. */
const idLength = 16
/** A leader that answers nothing for so long is frozen, in ms: asking it costs nothing. */
const pingMs = 5_000

export interface RelayHandler {
  /** Opens the one connection. */
  open(handler: LineHandler): Line
  tell(tabs: readonly string[], said: { message: ServerMessage } | { ending: Ending }): void
  /** Calls when a tab is no more. */
  watch(tab: string, onGone: () => void): void
}

interface SentCall {
  readonly tab: string
  readonly id: number | undefined
  /** Of a publication: whose, and of which topic. */
  readonly order: string | undefined
}

/** What the leading tab does for all: it has the connection, and is the server for the clients of the tabs, its own among them. */
export class Relay {
  readonly #handler: RelayHandler
  readonly #environment: Environment
  readonly #tabs = new Set<string>()
  readonly #topics = new Map<string, RelayedTopic>()
  readonly #calls = new Map<number, SentCall>()
  /** Calls of topics that have no answer yet. */
  readonly #asked = new Map<number, RelayedTopic>()
  /** Where a publication of a tab failed as retryable: its later ones would overtake it. */
  readonly #interrupted = new Set<string>()
  #line: Line | undefined
  #welcome: Welcome | undefined
  #lastId = 0

  constructor(environment: Environment, handler: RelayHandler) {
    this.#environment = environment
    this.#handler = handler
  }

  /** Opens the connection unless there is one. */
  connect(): void {
    this.#line ??= this.#handler.open({
      onWelcome: welcome => {
        // Another connection took its place: each tab resumes on it.
        if (this.#welcome !== undefined) this.#dismissAll({ code: 'lost', isOtherNext: true })
        const { maxMessageBytes = 131_072 } = welcome
        this.#welcome = { ...welcome, pingMs, maxMessageBytes: maxMessageBytes - idLength }
        this.#tell([...this.#tabs], this.#welcome)
      },
      onMessage: message => this.#receive(message),
      onEnd: ending => {
        this.#line = undefined
        this.#welcome = undefined
        this.#dismissAll(ending)
      },
    })
  }

  probe(): void {
    if (this.#welcome !== undefined) this.#line?.probe()
  }

  end(): void {
    this.#line?.end()
  }

  hear({ from, message, data }: FromTab): void {
    const { type } = message
    if (type === 'hello') {
      if (!this.#tabs.has(from)) this.#handler.watch(from, () => this.#drop(from))
      this.#tabs.add(from)
      this.#tell([from], this.#welcome ?? { type: 'pong' })
    } else if (!this.#tabs.has(from)) {
      // Of a line that has ended.
    } else if (type === 'bye') this.#drop(from)
    else if (type === 'ping') this.#tell([from], { type: 'pong' })
    else if (type === 'subscribe') this.#topic(message.topic as string).subscribe(from, message)
    else if (type === 'unsubscribe') this.#unsubscribe(from, message.topic as string)
    else this.#call(from, message, data)
  }

  #call(tab: string, message: ClientMessage, data?: string): void {
    const { type, id, topic, restart } = message
    const order = type === 'publish' ? `${tab} ${topic}` : undefined
    if (order !== undefined) {
      if (restart) this.#interrupted.delete(order)
      else if (this.#interrupted.has(order)) {
        const refusal = { type: 'error', code: 'out_of_order', message: '', retryable: true }
        this.#tell([tab], { ...refusal, ...(id !== undefined && { id }) })
        return
      }
    }
    this.#calls.set(++this.#lastId, { tab, id, order })
    this.#line?.send({ ...message, id: this.#lastId }, data)
  }

  #receive(message: ServerMessage): void {
    const { id, topic = '', retryable } = message
    if (id === undefined) {
      this.#topics.get(topic)?.receive(message)
      this.#dropEmpty(topic)
      return
    }
    const relayed = this.#asked.get(id)
    if (relayed !== undefined) {
      this.#asked.delete(id)
      relayed.answer(message)
      this.#dropEmpty(relayed.name)
      return
    }
    const call = this.#calls.get(id)
    if (call === undefined) return
    this.#calls.delete(id)
    if (retryable && call.order !== undefined) this.#interrupted.add(call.order)
    this.#tell([call.tab], { ...message, ...(call.id !== undefined && { id: call.id }) })
  }

  #dropEmpty(name: string): void {
    if (this.#topics.get(name)?.isEmpty) this.#topics.delete(name)
  }

  #topic(name: string): RelayedTopic {
    const found: RelayedTopic =
      this.#topics.get(name) ??
      new RelayedTopic(name, this.#environment, {
        call: message => {
          this.#asked.set(++this.#lastId, found)
          this.#line?.send({ ...message, id: this.#lastId })
          return this.#lastId
        },
        tell: (tabs, message) => this.#tell(tabs, message),
      })
    this.#topics.set(name, found)
    return found
  }

  #unsubscribe(tab: string, name: string): void {
    this.#topics.get(name)?.unsubscribe(tab)
    this.#dropEmpty(name)
  }

  #drop(tab: string): void {
    this.#tabs.delete(tab)
    for (const name of this.#topics.keys()) this.#unsubscribe(tab, name)
    for (const order of this.#interrupted) if (order.startsWith(`${tab} `)) this.#interrupted.delete(order)
  }

  #dismissAll(ending: Ending): void {
    const tabs = [...this.#tabs]
    this.#tabs.clear()
    for (const topic of this.#topics.values()) topic.forget()
    this.#topics.clear()
    this.#calls.clear()
    this.#asked.clear()
    this.#interrupted.clear()
    this.#handler.tell(tabs, { ending })
  }

  #tell(tabs: readonly string[], message: ServerMessage): void {
    this.#handler.tell(tabs, { message })
  }
}
