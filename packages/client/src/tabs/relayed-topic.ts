import {
  type ClientMessage,
  createRetry,
  createTimer,
  type Environment,
  type ServerMessage,
  textOf,
} from '../core/transport-kit.ts'

/** How much of the newest publications is kept for tabs that come later, in characters of JSON, for each topic. */
const maxRecentLength = 256 * 1024
/** How long a tab waits for the place where it stood to come by, before the topic is subscribed to anew from there. In ms. */
const passingMs = 1_000

/** One tab in a topic. */
interface Listener {
  readonly tab: string
  /** Of the call that subscribed, until it is answered. */
  id?: number | undefined
  since?: string | undefined
  readonly last: number
  readonly presence?: unknown
  /** Whether it takes the topic to have a state. */
  readonly state?: boolean
  /** It has all up to the newest. */
  isLive: boolean
}

interface RelayedTopicHandler {
  /** Sends a call upstream. */
  call(message: ClientMessage, onAnswer: (answer: ServerMessage) => void): void
  tell(tabs: readonly string[], message: ServerMessage): void
}

/**
 * One subscription upstream for all tabs that listen to a topic. A tab that comes later is fed from the newest publications; one
 * that stood at a place that is not among them has the topic subscribed to anew from there. Then the others wait until the place
 * where they stood comes by, so that none misses anything and none gets anything twice.
 */
export interface RelayedTopic {
  /** Whether no tab listens. */
  isEmpty(): boolean
  subscribe(tab: string, message: ClientMessage): void
  unsubscribe(tab: string): void
  receive(message: ServerMessage): void
  /** The connection is gone. */
  forget(): void
}

export function createRelayedTopic(
  name: string,
  environment: Environment,
  { call, tell }: RelayedTopicHandler,
): RelayedTopic {
  const listeners = new Map<string, Listener>()
  const retry = createRetry(environment)
  const patience = createTimer(environment)
  /** The newest publications that have a position, without a hole. */
  let recent: { readonly message: ServerMessage; readonly length: number }[] = []
  let recentLength = 0
  /** Where each of them comes behind, and where the last one stands; undefined without history. */
  let places: (string | undefined)[] = []
  /** How many were wanted first, and are among them. */
  let firstCount = 0
  let state: ServerMessage | undefined
  let isState = false
  let known: Pick<ServerMessage, 'members' | 'count'> = {}
  let presence: unknown
  /** The call that is asked now: an answer to an earlier one says nothing any more. */
  let asking: object | undefined
  let isSubscribed = false

  const first = (is: (listener: Listener) => boolean) => [...listeners.values()].find(is)
  const wantedPresence = () => first(listener => listener.presence !== undefined)?.presence
  const hasRightPresence = () => textOf([wantedPresence()]) === textOf([presence])

  const tellLive = (message: ServerMessage) => {
    const live = [...listeners.values()].filter(({ isLive }) => isLive)
    const tabs = live.map(({ tab }) => tab)
    tell(tabs, message)
  }

  const forget = () => {
    patience()
    retry.cancel()
  }
  const leave = () => {
    forget()
    if (isSubscribed || asking) call({ type: 'unsubscribe', topic: name }, () => {})
    isSubscribed = false
    asking = undefined
  }

  const begin = (position: string | undefined) => {
    places = [position]
    recent = []
    recentLength = 0
    firstCount = 0
  }
  const keep = (message: ServerMessage) => {
    const { length } = textOf(message)
    recent.push({ message, length })
    places.push(message.position)
    recentLength += length
    while (recentLength > maxRecentLength) {
      recentLength -= recent.shift()?.length ?? 0
      places.shift()
      firstCount = 0
    }
  }

  /** Subscribes from where one tab stands, best one that was live; those that are live wait until that comes by. */
  const ask = (one?: Listener) => {
    const head = isState ? undefined : places.at(-1)
    leave()
    for (const listener of listeners.values()) {
      if (!listener.isLive) continue
      listener.isLive = false
      listener.since = head
    }
    const asked = one ?? first(({ since }) => since === head) ?? first(() => true)
    if (asked === undefined) return
    presence = wantedPresence()
    const mine = {}
    asking = mine
    const { since, last, state } = asked
    call({ type: 'subscribe', topic: name, since, last, state, presence }, answer => {
      if (asking !== mine) return
      asking = undefined
      if (answer.type === 'subscribed') subscribed(asked, answer)
      else refused(asked, answer)
    })
  }

  /** @returns how many of the newest publications it has already, or -1 where that is not known */
  const indexOf = ({ since, last }: Listener) => {
    const count = recent.length
    if (places[0] === undefined || isState) return count
    if (since !== undefined) return places.indexOf(since)
    return last <= Math.max(count, firstCount) ? Math.max(0, count - last) : -1
  }

  const admit = (listener: Listener, index: number, recovered: boolean | undefined) => {
    const { tab, id } = listener
    const position = places[index]
    const say = (message: ServerMessage) => tell([tab], { topic: name, ...message })
    listener.isLive = true
    listener.id = undefined
    if (id !== undefined) say({ type: 'subscribed', id, position, recovered, state: isState })
    else if (recovered === false || (position === undefined && !isState)) say({ type: 'gap', position })
    say({ ...known, type: 'members' })
    for (const { message } of recent.slice(index)) say(message)
    if (state !== undefined) say(state)
  }

  /** A listener at a position that has come by goes on from there. */
  const serve = () => {
    for (const listener of listeners.values()) {
      const index = listener.isLive ? -1 : indexOf(listener)
      if (index >= 0) admit(listener, index, listener.since === undefined ? undefined : true)
    }
  }

  const dismiss = ({ tab, id }: Listener, message: ServerMessage) => {
    const type = id === undefined ? 'unsubscribed' : 'error'
    tell([tab], { ...message, code: message.code ?? 'forbidden', topic: name, type, id })
  }

  const subscribed = (by: Listener, message: ServerMessage) => {
    isSubscribed = true
    retry.worked()
    begin(message.position)
    firstCount = by.since === undefined ? by.last : 0
    state = undefined
    // Said where it is not what was taken for it.
    isState = message.state ?? by.state ?? isState
    known = { members: message.members, count: message.count }
    // It may have left meanwhile.
    if (listeners.get(by.tab) === by) admit(by, 0, message.recovered)
    serve()
    patience(() => {
      const waiting = first(({ isLive }) => !isLive)
      if (waiting !== undefined) ask(waiting)
    }, passingMs)
    if (!hasRightPresence()) ask()
  }

  const refused = (by: Listener, message: ServerMessage) => {
    if (by.id === undefined && message.retryable) return retry.again(() => ask(by), message.retryAfterMs)
    if (listeners.get(by.tab) === by) {
      listeners.delete(by.tab)
      dismiss(by, message)
    }
    ask()
  }

  return {
    isEmpty: () => listeners.size === 0,
    subscribe(tab, message) {
      const listener: Listener = { last: 0, ...(message as Partial<Listener>), tab, isLive: false }
      listeners.set(tab, listener)
      if (asking) return
      if (isSubscribed && hasRightPresence()) serve()
      if (!listener.isLive) ask(listener)
    },
    unsubscribe(tab) {
      listeners.delete(tab)
      if (listeners.size === 0) leave()
      else if (isSubscribed && !hasRightPresence()) ask()
    },
    receive(message) {
      // A message that is still on its way from an earlier subscription.
      if (!isSubscribed) return
      const { type, position, member } = message
      if (type === 'unsubscribed') {
        forget()
        isSubscribed = false
        for (const listener of listeners.values()) dismiss(listener, message)
        return listeners.clear()
      }
      if (type === 'state') {
        isState = true
        state = message
      } else if (type === 'gap') begin(position)
      else if (type === 'members') known = message
      else if (type !== 'publication') {
        const others = known.members?.filter(({ client }) => client !== (member ?? message).client)
        known = { members: others && [...others, ...(member ? [member] : [])] }
      }
      tellLive(message)
      if (type !== 'publication' || position === undefined) return
      keep(message)
      serve()
    },
    forget,
  }
}
