import { ClientError } from './client-error.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import type { Lasting } from './line.ts'
import { type ClientMessage, errorOf, type Member, type ServerMessage } from './messages.ts'
import type { Retry } from './timer.ts'

/** A message of a topic. */
export interface Publication<Data = unknown> {
  readonly topic: string
  /** Where it stands; a topic without history has none. */
  readonly position?: string
  readonly data: Data
  /** The user who published it, where the server makes that public. */
  readonly user?: string
  /** When the broker took it, in ms since 1970. */
  readonly at: number
}

export interface SubscribeOptions {
  /** A position from before, as of an earlier visit: exactly what came after it follows, or `gap` says that it cannot. */
  readonly since?: string
  /** How many of the newest publications are wanted first, 1,000 at most. Default 0. */
  readonly last?: number
  /** The data that the others of the topic see of this client: it becomes a member. */
  readonly presence?: unknown
}

export type SubscriptionStatus = 'idle' | 'subscribing' | 'subscribed' | 'ended'

export interface SubscriptionEvents {
  readonly publication: readonly [publication: Publication]
  readonly state: readonly [data: unknown, position: string]
  readonly gap: readonly [gap: { readonly topic: string; readonly position: string | undefined }]
  readonly members: readonly [members: readonly Member[], count: number]
  readonly status: readonly [status: SubscriptionStatus]
  readonly end: readonly [error: ClientError]
}

export interface SubscriptionHandler {
  /** When a subscription is asked for again that was refused for now. */
  readonly retry: Retry
  /** Sends a call if there is a connection. @returns whether it did @throws ClientError `too_large` */
  call(message: ClientMessage, onAnswer: (answer: ServerMessage) => void): boolean
  /** Nobody listened to the end. */
  onError(error: ClientError): void
  /** Whether the topic is taken to have a state, by who subscribed first. */
  readonly isState: boolean
}

/** One topic on the wire, for everybody in this program who listens to it: it outlives connections. */
export interface Subscription extends Lasting {
  readonly topic: string
  readonly options: SubscribeOptions
  readonly events: Emitter<SubscriptionEvents>
  readonly status: SubscriptionStatus
  /** Where the last publication stood that came. */
  readonly position: string | undefined
  /** Whether this client is a member now. */
  readonly isPresent: boolean
  readonly members: readonly Member[]
  readonly memberCount: number
  /** The newest publications, as many as were wanted first: for listeners that come later. */
  readonly recent: readonly Publication[]
  readonly state: { readonly data: unknown; readonly position: string } | undefined
  /** How many listen to it: its owner counts. */
  handleCount: number
  receive(message: ServerMessage): void
  /** Resolves when it is subscribed. @throws ClientError when it is refused */
  ready(): Promise<void>
  close(): void
}

export function createSubscription(
  topic: string,
  options: SubscribeOptions,
  { retry, call, onError, isState }: SubscriptionHandler,
): Subscription {
  const { last = 0, presence } = options
  const events = createEmitter<SubscriptionEvents>('publication state gap members status end')
  const recent: Publication[] = []
  const waiting: { resolve(): void; reject(error: ClientError): void }[] = []
  let status: SubscriptionStatus = 'idle'
  let position = options.since
  let isPresent = false
  let members = new Map<string, Member>()
  let memberCount = 0
  let state: Subscription['state']
  let error: ClientError | undefined
  /** Counts what was asked: an answer to an earlier call says nothing any more. */
  let askedCount = 0
  let hasBeenLive = false
  let isMixedUp = false

  const become = (next: SubscriptionStatus) => {
    if (status === next) return
    status = next
    events.emit('status', status)
    settle(error)
  }

  /** Those who wait for it hear that it is subscribed, or that it will not be. */
  const settle = (refusal: ClientError | undefined) => {
    if (status !== 'subscribed' && refusal === undefined) return
    for (const { resolve, reject } of waiting.splice(0)) {
      if (status === 'subscribed') resolve()
      else reject(refusal as ClientError)
    }
  }

  const end = (reason: ClientError) => {
    error = reason
    // Those who wait for it hear of its end.
    const isHeard = events.emit('end', error) || waiting.length > 0
    become('ended')
    if (!isHeard) onError(error)
  }

  const subscribe = () => {
    const asked = ++askedCount
    const message = {
      type: 'subscribe',
      topic,
      since: state ? undefined : position,
      last: options.last,
      state: isState,
      presence: isPresent ? presence : undefined,
    }
    try {
      const isSent = call(message, answer => {
        if (asked !== askedCount) return
        if (answer.type === 'subscribed') subscribed(answer)
        else refused(answer)
      })
      if (isSent) become('subscribing')
    } catch (tooLarge) {
      end(tooLarge as ClientError)
    }
  }

  const subscribed = (message: ServerMessage) => {
    // Publications without a position cannot be asked for: some may be missing since the last connection.
    const isBroken = message.recovered === false || (hasBeenLive && message.position === undefined)
    hasBeenLive = true
    retry.worked()
    position = message.position
    become('subscribed')
    if (message.state !== undefined) checkListeners(message.state)
    if (isBroken) gap()
    setMembers(message)
  }

  const refused = (message: ServerMessage) => {
    if (message.code === 'no_history' && position !== undefined) {
      // The topic of a state, or one that has lost its history.
      position = undefined
      subscribe()
    } else if (message.retryable) retry.again(subscribe, message.retryAfterMs)
    else end(errorOf(message, `${topic}: `))
  }

  const gap = () => {
    recent.length = 0
    events.emit('gap', { topic, position })
  }

  const setMembers = ({ members: all, count }: ServerMessage) => {
    if (all === undefined && count === undefined) return
    members = new Map(all?.map(member => [member.client, member]))
    tellMembers(count)
  }

  const tellMembers = (count = members.size) => {
    memberCount = count
    events.emit('members', [...members.values()], count)
  }

  /** Whether nothing is listened for but what does not come: it is told once. */
  const checkListeners = (hasState: boolean) => {
    const comes = hasState ? 'state' : 'publication'
    const never = hasState ? 'publication' : 'state'
    if (isMixedUp || events.has(comes) || !events.has(never)) return
    isMixedUp = true
    const right = hasState ? comes : 'topic'
    onError(new ClientError('wrong_use', `${topic} has no ${never}s: use client.${right}('${topic}').`))
  }

  return {
    topic,
    options,
    events,
    get status() {
      return status
    },
    get position() {
      return position
    },
    get isPresent() {
      return isPresent
    },
    get members() {
      return [...members.values()]
    },
    get memberCount() {
      return memberCount
    },
    recent,
    get state() {
      return state
    },
    handleCount: 0,
    connected({ transport }) {
      // Made by a listener that has just heard of this connection, it has asked already.
      if (status !== 'idle') return
      isPresent = transport === 'websocket' && presence !== undefined
      subscribe()
    },
    disconnected() {
      retry.cancel()
      askedCount++
      isPresent = false
      if (status !== 'ended') become('idle')
    },
    receive(message) {
      // A message that is still on its way from before.
      if (status !== 'subscribed') return
      const { type, member, data } = message
      if (type === 'publication') {
        position = message.position ?? position
        const { type: _, ...publication } = message as ServerMessage & Publication
        recent.push(publication)
        if (recent.length > last) recent.shift()
        events.emit('publication', publication)
        checkListeners(false)
      } else if (type === 'state') {
        const at = message.position as string
        if (at === state?.position) return
        state = { data, position: at }
        events.emit('state', data, at)
        checkListeners(true)
      } else if (type === 'gap') {
        position = message.position
        gap()
      } else if (type === 'joined' && member !== undefined) {
        members.set(member.client, member)
        tellMembers()
      } else if (type === 'left') {
        members.delete(message.client as string)
        tellMembers()
      } else if (type === 'members') {
        setMembers(message)
      } else if (type === 'unsubscribed') {
        end(new ClientError(message.code ?? 'forbidden', `The server ended the subscription of ${topic}.`))
      }
    },
    ready: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        settle(error)
      }),
    closed: settle,
    close() {
      if (status === 'subscribing' || status === 'subscribed') call({ type: 'unsubscribe', topic }, () => {})
      retry.cancel()
      askedCount++
      status = 'ended'
      events.clear()
    },
  }
}
