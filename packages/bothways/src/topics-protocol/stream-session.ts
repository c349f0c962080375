import type { ServerResponse } from 'node:http'
import { unsubscribedMessage } from '../hub/delivery/messages.ts'
import type { Subscription } from '../hub/delivery/subscription.ts'
import type { Hub } from '../hub/hub.ts'
import type { HubClient } from '../hub/hub-clients.ts'
import { HubError, toHubError } from '../hub/hub-error.ts'
import type { Subscribed } from '../hub/program/hub-calls.ts'
import type { CursorFormat } from './cursor.ts'
import { EventStream } from './event-stream.ts'

/** The topics that the request of an event stream asks for, and from where on. */
export interface StreamWanted {
  readonly topics: readonly string[]
  readonly format: CursorFormat
  /** Where the client stands, of each topic that it knows. */
  readonly cursor: ReadonlyMap<string, string> | undefined
  /** It has said where it stands, and nobody can read it. */
  readonly isStale: boolean
  lastOf(topic: string): number
}

/** One event stream of the hub, from its request to its end. */
export class StreamSession<User> implements HubClient {
  readonly userId: string
  readonly #hub: Hub<User>
  readonly #user: User
  readonly #wanted: StreamWanted
  readonly #stream: EventStream
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #leave: () => void
  #isEnded = false

  constructor(hub: Hub<User>, user: User, wanted: StreamWanted, response: ServerResponse) {
    this.#hub = hub
    this.#user = user
    this.userId = hub.userIdOf(user)
    this.#wanted = wanted
    const { cursor, format } = wanted
    this.#stream = new EventStream(response, new Map(cursor), positions => format.write(positions))
    response.once('close', () => this.#end())
    response.on('drain', () => {
      for (const subscription of this.#subscriptions.values()) subscription.goOn()
    })
    this.#leave = hub.clients.enter(this)
  }

  /** Nothing is told before all topics have their places, so that the first id stands for all of them. */
  async open(): Promise<void> {
    const found = new Map<string, Subscribed | HubError>()
    for (const topic of this.#wanted.topics) {
      const one = await this.#subscribe(topic).catch(toHubError)
      if (this.#isEnded) return
      found.set(topic, one)
      if (!(one instanceof HubError) && one.position !== undefined) this.#stream.stand(topic, one.position)
    }
    for (const [topic, one] of found) {
      if (one instanceof HubError) this.#sendFailure(one, topic)
      else this.#welcome(topic, one)
    }
    for (const subscription of this.#subscriptions.values()) subscription.start()
    // A right may have been withdrawn while others were asked for.
    this.authorizeAgain()
  }

  async #subscribe(topic: string): Promise<Subscribed> {
    const { cursor, lastOf } = this.#wanted
    const since = this.#hub.kindOf(topic) === 'history' ? cursor?.get(topic) : undefined
    const found = await this.#hub.subscribeAs(this.#user, topic, this.#stream, {
      since,
      last: lastOf(topic),
    })
    if (this.#isEnded) this.#hub.unsubscribe(found.subscription, undefined)
    else this.#subscriptions.set(topic, found.subscription)
    return found
  }

  #welcome(topic: string, { position, recovered, members, memberCount }: Subscribed): void {
    const { cursor, isStale } = this.#wanted
    const kind = this.#hub.kindOf(topic)
    // A topic that keeps nothing has lost the messages between; a state topic has its value, always.
    const hasReturned = isStale || (kind === 'nothing' ? cursor !== undefined : cursor?.has(topic) === true)
    const isRecovered = !isStale && kind !== 'nothing' && recovered !== false
    const about = hasReturned ? isRecovered : undefined
    this.#stream.send({ type: 'subscribed', topic, position, recovered: about, members })
    if (memberCount !== undefined) this.#stream.send({ type: 'members', topic, count: memberCount })
  }

  disconnect(): void {
    this.#sendFailure(new HubError('forbidden', 'This user was disconnected.'))
    this.#stream.close()
    this.#end()
  }

  /** The credentials have run out. */
  expire(): void {
    this.#sendFailure(new HubError('expired', 'The credentials have expired.'))
    this.#stream.close()
    this.#end()
  }

  authorizeAgain(): void {
    for (const topic of this.#subscriptions.keys()) {
      void this.#hub
        .maySubscribe(this.#user, topic)
        .then(may => may || this.#unsubscribe(topic))
        .catch(error => this.#hub.onError(error))
    }
  }

  sayGoodbye(retryAfterMs: number): void {
    this.#stream.sayRetry(retryAfterMs)
  }

  leave(): void {
    this.#stream.close()
    this.#end()
  }

  cut(): void {
    this.#stream.terminate()
    this.#end()
  }

  #unsubscribe(topic: string): void {
    const subscription = this.#subscriptions.get(topic)
    if (subscription === undefined) return
    this.#subscriptions.delete(topic)
    this.#hub.unsubscribe(subscription, undefined)
    this.#stream.sendShared(unsubscribedMessage(topic, 'forbidden'))
  }

  #sendFailure({ code, message, retryable }: HubError, topic?: string): void {
    this.#stream.send({ type: 'error', topic, code, message, retryable })
  }

  #end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#leave()
    for (const subscription of this.#subscriptions.values()) this.#hub.unsubscribe(subscription, undefined)
    this.#subscriptions.clear()
    this.#stream.close()
  }
}
