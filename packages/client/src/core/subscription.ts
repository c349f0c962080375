import { ClientError } from './client-error.ts'
import { Emitter } from './emitter.ts'
import type { ClientMessage, Member, ServerMessage } from './messages.ts'

/** A message of a topic. */
export interface Publication<Data = unknown> {
  readonly topic: string
  /** Where it stands; a topic without history has none. */
  readonly position?: string
  readonly data: Data
  /** Who published it, where the server makes that public. */
  readonly user?: string
  /** When the broker took it, in ms since 1970. */
  readonly at: number
}

export interface SubscribeOptions {
  /** A position from before, as of an earlier visit: exactly what came after it follows, or `gap` says that it cannot. */
  readonly since?: string
  /** How many of the newest publications are wanted first, 1,000 at most. Default 0. */
  readonly last?: number
  /** What the others of the topic see of this client: it becomes a member. */
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
  /** The client was closed or has given up: nobody waits any more. */
  readonly closed: readonly [error: ClientError]
}

export interface SubscriptionHandler {
  /**
   * Sends a call if there is a connection. @returns its id, undefined if there is none
   *
   * @throws ClientError `too_large`
   */
  call(message: ClientMessage): number | undefined
  retryIn(callback: () => void, ms: number | undefined, failedCount: number): () => void
  /** Nobody listened to the end. */
  onError(error: ClientError): void
}

/** One topic on the wire, for everybody in this program who listens to it: it outlives connections. */
export class Subscription {
  readonly topic: string
  readonly options: SubscribeOptions
  readonly events: Emitter<SubscriptionEvents> = new Emitter(
    'publication state gap members status end closed',
  )
  readonly #handler: SubscriptionHandler
  status: SubscriptionStatus = 'idle'
  /** Where the last publication stood that came. */
  position: string | undefined
  #askedId: number | undefined
  #hasBeenLive = false
  #isMixedUp = false
  #isState = false
  /** Whether this client is a member now. */
  isPresent = false
  #failedCount = 0
  #cancelRetry: (() => void) | undefined
  #members = new Map<string, Member>()
  memberCount = 0
  error: ClientError | undefined
  /** The newest publications, as many as were wanted first: for listeners that come later. */
  readonly recent: Publication[] = []
  state: { readonly data: unknown; readonly position: string } | undefined

  constructor(topic: string, options: SubscribeOptions, handler: SubscriptionHandler) {
    this.topic = topic
    this.options = options
    this.position = options.since
    this.#handler = handler
  }

  get members(): readonly Member[] {
    return [...this.#members.values()]
  }

  /** There is a connection, or one that is better. @param hasPresence whether clients can be members there */
  connected(hasPresence: boolean): void {
    if (this.status === 'ended') return
    this.isPresent = hasPresence && this.options.presence !== undefined
    this.#subscribe()
  }

  disconnected(): void {
    this.#cancelRetry?.()
    this.#askedId = undefined
    this.isPresent = false
    if (this.status !== 'ended') this.#become('idle')
  }

  /** Resolves when it is subscribed. @throws ClientError when it is refused */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (error = this.error) => {
        if (this.status === 'subscribed') resolve()
        else if (error !== undefined) reject(error)
        else return
        for (const stop of stops) stop()
      }
      // Those who wait for it hear of its end.
      const stops = [
        this.events.on('status', () => look()),
        this.events.on('end', look),
        this.events.on('closed', look),
      ]
      look()
    })
  }

  closed(error: ClientError): void {
    this.events.emit('closed', error)
  }

  close(): void {
    if (this.status === 'subscribing' || this.status === 'subscribed') {
      this.#handler.call({ type: 'unsubscribe', topic: this.topic })
    }
    this.#cancelRetry?.()
    this.#askedId = undefined
    this.status = 'ended'
    this.events.clear()
  }

  #subscribe(): void {
    const { last, presence } = this.options
    const since = this.#isState ? undefined : this.position
    try {
      this.#askedId = this.#handler.call({
        type: 'subscribe',
        topic: this.topic,
        since,
        last,
        presence: this.isPresent ? presence : undefined,
      })
      if (this.#askedId !== undefined) this.#become('subscribing')
    } catch (error) {
      this.#end(error as ClientError)
    }
  }

  /** An answer to a call of this subscription; that to an earlier one says nothing any more. */
  answer(message: ServerMessage): void {
    if (message.id !== this.#askedId) return
    this.#askedId = undefined
    if (message.type === 'subscribed') this.#subscribed(message)
    else this.#refused(message)
  }

  receive(message: ServerMessage): void {
    // What is still on its way from before.
    if (this.status !== 'subscribed') return
    const { type, topic, position } = message
    if (type === 'publication') {
      if (position !== undefined) this.position = position
      this.#publication(message)
    } else if (type === 'state') {
      this.#isState = true
      if (position === this.state?.position) return
      this.state = { data: message.data, position: position as string }
      const isHeard = this.events.emit('state', message.data, position as string)
      if (!isHeard && this.events.has('publication')) this.#tellMixedUp('state')
    } else if (type === 'gap') {
      this.position = position
      this.#gap()
    } else if (type === 'joined' && message.member !== undefined) {
      this.#members.set(message.member.client, message.member)
      this.#tellMembers(this.#members.size)
    } else if (type === 'left') {
      this.#members.delete(message.client as string)
      this.#tellMembers(this.#members.size)
    } else if (type === 'members') {
      this.#setMembers(message)
    } else if (type === 'unsubscribed') {
      this.#end(
        new ClientError(message.code ?? 'forbidden', `The server ended the subscription of ${topic}.`),
      )
    }
  }

  #publication({ topic, position, data, user, at }: ServerMessage): void {
    const publication = {
      topic: topic as string,
      ...(position !== undefined && { position }),
      data,
      ...(user !== undefined && { user }),
      at: at as number,
    }
    this.recent.push(publication)
    if (this.recent.length > (this.options.last ?? 0)) this.recent.shift()
    if (!this.events.emit('publication', publication) && this.events.has('state')) this.#tellMixedUp('topic')
  }

  /** Listened for is what does not come: once. */
  #tellMixedUp(right: 'topic' | 'state'): void {
    if (this.#isMixedUp) return
    this.#isMixedUp = true
    const kind = right === 'topic' ? 'has publications, and no state' : 'has a state, and no publications'
    this.#handler.onError(
      new ClientError('wrong_use', `${this.topic} ${kind}: use client.${right}('${this.topic}').`),
    )
  }

  #subscribed(message: ServerMessage): void {
    const { position, recovered } = message
    // What has no position cannot be asked for: something may be missing since the last connection.
    const isBroken = recovered === false || (this.#hasBeenLive && position === undefined)
    this.#hasBeenLive = true
    this.#failedCount = 0
    this.position = position
    this.#become('subscribed')
    if (isBroken) this.#gap()
    this.#setMembers(message)
  }

  #setMembers({ members, count }: ServerMessage): void {
    if (members === undefined && count === undefined) return
    this.#members = new Map(members?.map(member => [member.client, member]))
    this.#tellMembers(count ?? this.#members.size)
  }

  #tellMembers(count: number): void {
    this.memberCount = count
    this.events.emit('members', this.members, count)
  }

  #gap(): void {
    this.recent.length = 0
    this.events.emit('gap', { topic: this.topic, position: this.position })
  }

  #refused({ code = 'internal', message: text = '', retryable = false, retryAfterMs }: ServerMessage): void {
    if (code === 'no_history' && this.position !== undefined) {
      // The topic of a state, or one that has lost its history.
      this.position = undefined
      this.#subscribe()
    } else if (retryable) {
      this.#cancelRetry = this.#handler.retryIn(() => this.#subscribe(), retryAfterMs, ++this.#failedCount)
    } else {
      this.#end(new ClientError(code, `${this.topic}: ${text}`))
    }
  }

  #end(error: ClientError): void {
    this.error = error
    const isHeard = this.events.emit('end', error)
    this.#become('ended')
    if (!isHeard) this.#handler.onError(error)
  }

  #become(status: SubscriptionStatus): void {
    if (this.status === status) return
    this.status = status
    this.events.emit('status', status)
  }
}
