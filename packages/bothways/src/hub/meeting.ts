import { neverThrowing } from '../connection/never-throwing.ts'
import type { TokenBucket } from '../connection/token-bucket.ts'
import type { Declaration } from './declarations/topic-options.ts'
import type { Hub } from './hub.ts'
import type { HubClient } from './hub-clients.ts'
import { HubError, toHubError } from './hub-error.ts'
import type { TopicPublication } from './program/topic-publication.ts'
import { InOrder } from './publishing/in-order.ts'
import { publishRate, spendPublish } from './publishing/publish-rate.ts'

/** Calls of one client that wait for authorization or for the broker, and of all of them. */
const maxPendingOfClient = 100
const maxPending = 10_000

/** Clients that one publication may leave out. */
const maxExcepted = 16

/** A client of something else than `bothways.v1` that may take part in topics. */
export interface MeetingClient<User> {
  /** The same in all processes. */
  readonly id: string
  readonly user: User
  /** It has closed, or is about to: the publications that it has sent before are still made. */
  readonly isGone: boolean
  /** Its user is not wanted. */
  disconnect(): void
  /** It is to be cut. */
  terminate(): void
  /** It is in the topic from here on. */
  enter(topic: string): void
  /** It is in the topic no longer. */
  leave(topic: string): void
}

/** The call that was not done, for whom, and why. */
export interface MeetingRefusal<Client> {
  /** Undefined: the program itself. */
  readonly client: Client | undefined
  readonly action: 'subscribe' | 'publish'
  readonly topic: string
  readonly error: HubError
}

export interface MeetingInit<User, Client extends MeetingClient<User>> {
  readonly hub: Hub<User>
  /** Whether a topic is open to them. */
  opens(declaration: Declaration<User>): boolean
  /** Gives a publication to those who are in its topic in this process, but for those with the ids. */
  deliver(topic: string, publication: TopicPublication, except: readonly string[]): void
  onRefused(refusal: MeetingRefusal<Client>): void
}

/**
 * Where clients of another kind meet the topics of a hub: those that are declared with this door open, and no others. Their
 * publications go to the hub, and come back from there like everything else: nothing is bridged twice, and all see one
 * order.
 */
export class Meeting<User, Client extends MeetingClient<User>> {
  readonly #init: MeetingInit<User, Client>
  readonly #members = new Map<Client, Member<User, Client>>()
  readonly #places = new Map<string, Place>()
  readonly #programOrder = new InOrder()
  /** Clients that the hub has ended: publications that they have sent before are refused. */
  readonly #unwanted = new WeakSet<Client>()
  #pending = 0

  /** Tells what was refused; never throws. */
  readonly #tellRefused: (refusal: MeetingRefusal<Client>) => void

  constructor(init: MeetingInit<User, Client>) {
    this.#init = init
    this.#tellRefused = neverThrowing(init.onRefused, init.hub.onError)
  }

  opens(topic: string): boolean {
    const declaration = this.#init.hub.declarations.find(topic)
    return declaration !== undefined && this.#init.opens(declaration)
  }

  /** Resolves once the client is in the topic, was refused, or has thought better of it. */
  join(topic: string, client: Client): Promise<void> {
    if (client.isGone) return Promise.resolve()
    const member = this.#memberOf(client)
    if (member.topics.has(topic)) return Promise.resolve()
    // Another one takes its place when the client leaves meanwhile and comes back.
    const stay: Stay = { isIn: false }
    const isWanted = (): boolean => member.topics.get(topic) === stay
    member.topics.set(topic, stay)
    member.awaited++
    return this.#run(client, member, 'subscribe', topic, async () => {
      if (!isWanted()) return
      await this.#init.hub.checkAs(client.user, 'subscribe', topic)
      if (!isWanted()) return
      await this.#hold(topic)
      if (isWanted()) {
        stay.isIn = true
        member.awaited--
        client.enter(topic)
        return
      }
      this.#release(topic)
    }).then(isDone => {
      if (!isDone && isWanted()) this.#drop(member, client, topic)
    })
  }

  leave(topic: string, client: Client): void {
    const member = this.#members.get(client)
    if (member !== undefined) this.#drop(member, client, topic)
  }

  /** The client is gone. */
  forget(client: Client): void {
    const member = this.#members.get(client)
    if (member === undefined) return
    member.leave()
    this.#members.delete(client)
  }

  /** Whether a client is in a topic, or about to be. */
  has(topic: string, client: Client): boolean {
    return this.#members.get(client)?.topics.has(topic) === true
  }

  /** Whether a client is in some topic, or about to be. */
  isAnywhere(client: Client): boolean {
    return (this.#members.get(client)?.topics.size ?? 0) > 0
  }

  /** How many topics a client is about to be in. */
  awaitedBy(client: Client): number {
    return this.#members.get(client)?.awaited ?? 0
  }

  /**
   * Publishes for a client, or for the program, which may everything.
   *
   * @param except ids of clients that are not to get it
   */
  publish(topic: string, data: unknown, client: Client | undefined, except: readonly string[]): void {
    const { hub } = this.#init
    const publish = async (): Promise<void> => {
      if (except.length > maxExcepted) {
        throw new HubError('bad_request', `A publication leaves out at most ${maxExcepted} clients.`)
      }
      const sender = except.length === 0 ? undefined : except.map(encodeURIComponent).join()
      if (client === undefined) {
        await hub.topic(topic).publish(data, { sender })
        return
      }
      const isWanted = (): boolean => !this.#unwanted.has(client)
      if (!isWanted()) throw new HubError('forbidden', 'The connection has ended.')
      member?.spendPublish()
      await hub.publishAs(client.user, topic, data, { sender }, isWanted)
    }
    const isKnown = client !== undefined && (!client.isGone || this.#members.has(client))
    const member = isKnown ? this.#memberOf(client) : undefined
    void this.#run(client, member, 'publish', topic, publish)
  }

  /** The program hears the topic: also its own publications from now on. @returns a function that ends that, and calls `leave` */
  listen(topic: string, leave: () => void): () => void {
    const held = this.#run(undefined, undefined, 'subscribe', topic, () => this.#hold(topic))
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      leave()
      void held.then(isHeld => isHeld && this.#release(topic))
    }
  }

  /** Listens to the topic as long as somebody holds it. */
  async #hold(topic: string): Promise<void> {
    let place = this.#places.get(topic)
    if (place === undefined) {
      const listener = (publication: TopicPublication): void =>
        this.#init.deliver(topic, publication, publication.sender?.split(',').map(decodeURIComponent) ?? [])
      place = { holders: 0, listening: this.#init.hub.topic(topic).subscribe(listener) }
      this.#places.set(topic, place)
    }
    place.holders++
    try {
      await place.listening
    } catch (error) {
      this.#release(topic)
      throw error
    }
  }

  #release(topic: string): void {
    const place = this.#places.get(topic)
    if (place === undefined || --place.holders > 0) return
    this.#places.delete(topic)
    void place.listening.then(stop => stop()).catch(() => undefined)
  }

  refuse(action: 'subscribe' | 'publish', topic: string, client: Client | undefined, error: HubError): void {
    this.#tellRefused({ client, action, topic, error })
  }

  /** @returns whether it was done; why not has been told */
  async #run(
    client: Client | undefined,
    member: Member<User, Client> | undefined,
    action: 'subscribe' | 'publish',
    topic: string,
    work: () => Promise<void>,
  ): Promise<boolean> {
    if (this.#pending >= maxPending || (member !== undefined && member.pending >= maxPendingOfClient)) {
      this.refuse(action, topic, client, new HubError('busy', 'Too many calls wait for their topics.'))
      return false
    }
    this.#pending++
    if (member !== undefined) member.pending++
    try {
      await (member?.order ?? this.#programOrder).run(topic, work)
      return true
    } catch (error) {
      this.refuse(action, topic, client, toHubError(error))
      return false
    } finally {
      this.#pending--
      if (member !== undefined) member.pending--
    }
  }

  #memberOf(client: Client): Member<User, Client> {
    let member = this.#members.get(client)
    if (member === undefined) {
      member = new Member(this.#init.hub, client, {
        drop: topic => this.leave(topic, client),
        refuse: () => this.#unwanted.add(client),
      })
      this.#members.set(client, member)
    }
    return member
  }

  #drop(member: Member<User, Client>, client: Client, topic: string): void {
    const stay = member.topics.get(topic)
    if (stay === undefined) return
    member.topics.delete(topic)
    if (stay.isIn) {
      client.leave(topic)
      this.#release(topic)
    } else member.awaited--
  }
}

/** One client in one topic, or on its way there. */
interface Stay {
  isIn: boolean
}

interface Place {
  holders: number
  readonly listening: Promise<() => void>
}

interface MemberEvents {
  drop(topic: string): void
  /** Its user is not wanted. */
  refuse(): void
}

/** One client as the hub knows it: its user may be disconnected, or lose a right. */
class Member<User, Client extends MeetingClient<User>> implements HubClient {
  readonly userId: string
  readonly topics = new Map<string, Stay>()
  /** How many of them it is not in yet. */
  awaited = 0
  readonly order = new InOrder()
  pending = 0
  readonly #hub: Hub<User>
  readonly #client: Client
  readonly #events: MemberEvents
  #rate: TokenBucket | undefined
  #end: () => void = () => undefined

  constructor(hub: Hub<User>, client: Client, events: MemberEvents) {
    this.#hub = hub
    this.#client = client
    this.#events = events
    this.userId = hub.userIdOf(client.user)
    // A hub that is closing lets it go at once.
    this.#end = hub.clients.enter(this)
  }

  /** @throws HubError `rate_limited` */
  spendPublish(): void {
    const { maxPublishesPerSecond } = this.#hub.settings
    this.#rate ??= publishRate(maxPublishesPerSecond)
    spendPublish(this.#rate, `At most ${maxPublishesPerSecond} publications a second are taken.`)
  }

  disconnect(): void {
    this.#events.refuse()
    this.leave()
    this.#client.disconnect()
  }

  authorizeAgain(): void {
    for (const topic of this.topics.keys()) {
      this.#hub
        .maySubscribe(this.#client.user, topic)
        .then(may => may || this.#events.drop(topic))
        .catch(error => this.#hub.onError(error))
    }
  }

  /** It knows nothing of coming back. */
  sayGoodbye(): void {}

  leave(): void {
    for (const topic of [...this.topics.keys()]) this.#events.drop(topic)
    this.#end()
  }

  cut(): void {
    this.#events.refuse()
    this.leave()
    this.#client.terminate()
  }
}
