import {
  type ClientMessage,
  createRetry,
  type Environment,
  type Retry,
  type ServerMessage,
  textOf,
} from '../core/transport-kit.ts'

/** Of the newest publications so much is kept for tabs that come later, in characters of JSON, for each topic. */
const maxRecentLength = 256 * 1024
/** How long a tab waits for the place where it stood to come by, before the topic is subscribed to anew from there. In ms. */
const passingMs = 1_000

/** One tab in a topic. */
interface Listener {
  readonly tab: string
  /** Of the call that subscribed, until it is answered. */
  id: number | undefined
  since: string | undefined
  readonly last: number
  readonly presence: unknown
  /** It has all up to the newest. */
  isLive: boolean
}

interface RelayedTopicHandler {
  /** Sends a call upstream. @returns its id */
  call(message: ClientMessage): number
  tell(tabs: readonly string[], message: ServerMessage): void
}

/**
 * One subscription upstream for all tabs that listen to a topic. A tab that comes later is fed from the newest publications; one
 * that stood at a place that is not among them has the topic subscribed to anew from there. Then the others wait until the place
 * where they stood comes by, so that none misses anything and none gets anything twice.
 */
export class RelayedTopic {
  readonly name: string
  readonly #handler: RelayedTopicHandler
  readonly #environment: Environment
  readonly #retry: Retry
  readonly #listeners = new Map<string, Listener>()
  /** The newest publications that have a position, without a hole. */
  #recent: { readonly message: ServerMessage; readonly length: number }[] = []
  #recentLength = 0
  /** Where the first of them comes behind; undefined without history. */
  #start: string | undefined
  /** So many were wanted first, and are among them. */
  #firstCount = 0
  #state: ServerMessage | undefined
  #isState = false
  #members: Pick<ServerMessage, 'members' | 'count'> = {}
  #presence: unknown
  #asked: Listener | undefined
  #askedId: number | undefined
  #isSubscribed = false
  #cancel: (() => void) | undefined

  constructor(name: string, environment: Environment, handler: RelayedTopicHandler) {
    this.name = name
    this.#environment = environment
    this.#retry = createRetry(environment)
    this.#handler = handler
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0
  }

  subscribe(tab: string, { id, since, last, presence }: ClientMessage): void {
    const listener: Listener = {
      tab,
      id,
      since: since as string | undefined,
      last: (last as number | undefined) ?? 0,
      presence,
      isLive: false,
    }
    this.#listeners.set(tab, listener)
    if (this.#askedId !== undefined) return
    if (this.#isSubscribed && this.#hasRightPresence()) this.#serve()
    if (!listener.isLive) this.#ask(listener)
  }

  unsubscribe(tab: string): void {
    this.#listeners.delete(tab)
    if (this.isEmpty) this.#leave()
    else if (this.#isSubscribed && !this.#hasRightPresence()) this.#ask()
  }

  /** An answer to a call of this topic; that to an earlier one says nothing any more. */
  answer(message: ServerMessage): void {
    const asked = this.#asked
    if (asked === undefined || message.id !== this.#askedId) return
    this.#askedId = undefined
    if (message.type === 'subscribed') this.#subscribed(asked, message)
    else this.#refused(asked, message)
  }

  receive(message: ServerMessage): void {
    // What is still on its way from an earlier subscription.
    if (!this.#isSubscribed) return
    const { type, position, member } = message
    const { members } = this.#members
    if (type === 'publication') {
      this.#tellLive(message)
      if (position === undefined) return
      this.#keep(message)
      this.#serve()
    } else if (type === 'state') {
      this.#isState = true
      this.#state = message
      this.#tellLive(message)
    } else if (type === 'gap') {
      this.#begin(position)
      this.#tellLive(message)
    } else if (type === 'unsubscribed') {
      this.#ended(message)
    } else {
      if (type === 'members') this.#members = message
      else if (members !== undefined) {
        const others = members.filter(({ client }) => client !== (member ?? message).client)
        this.#members = { members: member === undefined ? others : [...others, member] }
      }
      this.#tellLive(message)
    }
  }

  /** The connection is gone. */
  forget(): void {
    this.#cancel?.()
    this.#retry.cancel()
  }

  #leave(): void {
    this.forget()
    if (this.#isSubscribed || this.#askedId !== undefined)
      this.#handler.call({ type: 'unsubscribe', topic: this.name })
    this.#isSubscribed = false
    this.#askedId = undefined
  }

  /** Subscribes from where one tab stands; those that are live wait until that comes by. */
  #ask(one?: Listener): void {
    const head = this.#isState ? undefined : (this.#recent.at(-1)?.message.position ?? this.#start)
    this.#leave()
    for (const listener of this.#listeners.values()) {
      if (!listener.isLive) continue
      listener.isLive = false
      listener.since = head
    }
    const asked = one ?? [...this.#listeners.values()].find(({ since }) => since === head)
    if (asked === undefined) return
    this.#asked = asked
    this.#presence = this.#wantedPresence()
    this.#askedId = this.#handler.call({
      type: 'subscribe',
      topic: this.name,
      since: asked.since,
      last: asked.last,
      presence: this.#presence,
    })
  }

  #subscribed(asked: Listener, message: ServerMessage): void {
    this.#isSubscribed = true
    this.#retry.worked()
    this.#begin(message.position)
    this.#firstCount = asked.since === undefined ? asked.last : 0
    this.#state = undefined
    this.#members = message
    // It may have left meanwhile.
    if (this.#listeners.get(asked.tab) === asked) this.#admit(asked, 0, message.recovered)
    this.#serve()
    this.#askForWaiting()
    if (!this.#hasRightPresence()) this.#ask()
  }

  #refused(asked: Listener, message: ServerMessage): void {
    const { tab, id } = asked
    if (id === undefined && message.retryable) {
      this.#retry.again(() => this.#ask(asked), message.retryAfterMs)
      return
    }
    if (this.#listeners.get(tab) === asked) {
      this.#listeners.delete(tab)
      this.#dismiss(asked, message)
    }
    const [next] = this.#listeners.values()
    if (next !== undefined) this.#ask(next)
  }

  /** A listener at a position that has come by goes on from there. */
  #serve(): void {
    for (const listener of this.#listeners.values()) {
      const index = listener.isLive ? -1 : this.#indexOf(listener)
      if (index >= 0) this.#admit(listener, index, listener.since === undefined ? undefined : true)
    }
  }

  /** @returns how many of the newest publications it has already, or -1 where that is not known */
  #indexOf({ since, last }: Listener): number {
    const count = this.#recent.length
    if (this.#start === undefined || this.#isState) return count
    if (since === this.#start) return 0
    if (since !== undefined)
      return this.#recent.findIndex(({ message }) => message.position === since) + 1 || -1
    return last <= Math.max(count, this.#firstCount) ? Math.max(0, count - last) : -1
  }

  #admit(listener: Listener, index: number, recovered: boolean | undefined): void {
    const { tab, id } = listener
    const position = index === 0 ? this.#start : this.#recent[index - 1]?.message.position
    const here = { topic: this.name, ...(position !== undefined && { position }) }
    const { members, count } = this.#members
    const tell = (message: ServerMessage) => this.#handler.tell([tab], message)
    listener.isLive = true
    listener.id = undefined
    const known = { ...(members !== undefined && { members }), ...(count !== undefined && { count }) }
    if (id !== undefined) {
      tell({ type: 'subscribed', id, ...here, ...(recovered !== undefined && { recovered }), ...known })
    } else {
      if (recovered === false || (position === undefined && !this.#isState)) tell({ type: 'gap', ...here })
      if (members !== undefined) tell({ type: 'members', topic: this.name, ...known })
    }
    for (const { message } of this.#recent.slice(index)) tell(message)
    if (this.#state !== undefined) tell(this.#state)
  }

  #askForWaiting(): void {
    const waiting = () => [...this.#listeners.values()].find(({ isLive }) => !isLive)
    if (waiting() === undefined) return
    this.#cancel = this.#environment.setTimer(() => {
      const first = waiting()
      if (first !== undefined) this.#ask(first)
    }, passingMs)
  }

  #ended(message: ServerMessage): void {
    this.forget()
    this.#isSubscribed = false
    for (const listener of this.#listeners.values()) this.#dismiss(listener, message)
    this.#listeners.clear()
  }

  #dismiss({ tab, id }: Listener, { code, ...message }: ServerMessage): void {
    const answer = id === undefined ? { type: 'unsubscribed' } : { type: 'error', id }
    this.#handler.tell([tab], { ...message, code: code ?? 'forbidden', topic: this.name, ...answer })
  }

  #wantedPresence(): unknown {
    return [...this.#listeners.values()].find(({ presence }) => presence !== undefined)?.presence
  }

  #hasRightPresence(): boolean {
    return textOf([this.#wantedPresence()]) === textOf([this.#presence])
  }

  #tellLive(message: ServerMessage): void {
    const live = [...this.#listeners.values()].filter(({ isLive }) => isLive)
    if (live.length > 0)
      this.#handler.tell(
        live.map(({ tab }) => tab),
        message,
      )
  }

  #begin(position: string | undefined): void {
    this.#start = position
    this.#recent = []
    this.#recentLength = 0
    this.#firstCount = 0
  }

  #keep(message: ServerMessage): void {
    const { length } = textOf(message)
    this.#recent.push({ message, length })
    this.#recentLength += length
    while (this.#recentLength > maxRecentLength) {
      const oldest = this.#recent.shift()
      this.#recentLength -= oldest?.length ?? 0
      this.#start = oldest?.message.position
      this.#firstCount = 0
    }
  }
}
