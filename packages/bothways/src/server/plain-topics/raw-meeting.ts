import type { Sink } from '../../connection/channel.ts'
import { ReadyState } from '../../connection/ending.ts'
import type { MessageData } from '../../connection/message-data.ts'
import { Publication } from '../../connection/sending/publication.ts'
import { checkHub } from '../../hub/check-hub.ts'
import type { Hub } from '../../hub/hub.ts'
import { HubError } from '../../hub/hub-error.ts'
import { Meeting, type MeetingClient, type MeetingRefusal } from '../../hub/meeting.ts'
import type { Topics } from './topics.ts'

/** CloseCode.PolicyViolation (RFC 6455 §7.4.1). */
const policyViolation = 1008

/** A socket of a plain route. */
export interface RawSocket<User> extends Sink {
  readonly id: string
  readonly user: User
  readonly readyState: ReadyState
  close(code: number, reason: string): void
  terminate(): void
}

/** Where a socket's topics may be those of a hub. */
export interface SocketMeeting {
  opens(topic: string): boolean
  /** Whether a socket is in a topic, or about to be. */
  // biome-ignore lint/suspicious/noExplicitAny: whose users they are, the server knows
  has(topic: string, socket: RawSocket<any>): boolean
  /** How many topics a socket is about to be in. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  awaitedBy(socket: RawSocket<any>): number
  // biome-ignore lint/suspicious/noExplicitAny: as above
  subscribe(topic: string, socket: RawSocket<any>): void
  // biome-ignore lint/suspicious/noExplicitAny: as above
  unsubscribe(topic: string, socket: RawSocket<any>): void
  // biome-ignore lint/suspicious/noExplicitAny: as above
  publishFrom(socket: RawSocket<any>, topic: string, data: Exclude<MessageData, Blob>): void
  // biome-ignore lint/suspicious/noExplicitAny: as above
  forget(socket: RawSocket<any>): void
}

export interface MeetOptions<User> {
  /**
   * Told what a socket, or the program, was refused: a right that it has not, text that is no JSON, data that the schema
   * refuses, a broker that is away. Default: goes to the hub's `onError`.
   */
  onRefused?(refusal: MeetingRefusal<RawClient<User>>): void
}

/** A socket of a plain route, among the clients of a hub. */
export class RawClient<User> implements MeetingClient<User> {
  readonly socket: RawSocket<User>
  readonly #topics: Topics<Publication>

  constructor(socket: RawSocket<User>, topics: Topics<Publication>) {
    this.socket = socket
    this.#topics = topics
  }

  get id(): string {
    return this.socket.id
  }

  get user(): User {
    return this.socket.user
  }

  get isGone(): boolean {
    return this.socket.readyState !== ReadyState.Open
  }

  disconnect(): void {
    this.socket.close(policyViolation, 'This user was disconnected.')
  }

  terminate(): void {
    this.socket.terminate()
  }

  enter(topic: string): void {
    this.#topics.subscribe(topic, this.socket)
  }

  leave(topic: string): void {
    this.#topics.unsubscribe(topic, this.socket)
  }
}

/**
 * The sockets of a server's plain routes among the clients of a hub: for topics that are declared with `raw: true`. Messages are
 * the JSON text of the data, both ways.
 */
export class RawMeeting<User> implements SocketMeeting {
  readonly #topics: Topics<Publication>
  readonly #meeting: Meeting<User, RawClient<User>>
  readonly #clients = new WeakMap<RawSocket<User>, RawClient<User>>()
  /** Those who may be in a topic. */
  readonly #byId = new Map<string, RawSocket<User>>()

  constructor(hub: Hub<User>, topics: Topics<Publication>, { onRefused }: MeetOptions<User>) {
    checkHub('server.meet', hub)
    this.#topics = topics
    this.#meeting = new Meeting<User, RawClient<User>>({
      hub,
      opens: ({ isRaw }) => isRaw,
      deliver: (topic, { data }, except) => {
        const left = except.flatMap(id => this.#byId.get(id) ?? [])
        topics.deliver(topic, new Publication(JSON.stringify(data)), new Set<Sink>(left))
      },
      onRefused: refusal => (onRefused === undefined ? hub.onError(refusal.error) : onRefused(refusal)),
    })
  }

  opens(topic: string): boolean {
    return this.#meeting.opens(topic)
  }

  has(topic: string, socket: RawSocket<User>): boolean {
    const client = this.#clients.get(socket)
    return client !== undefined && this.#meeting.has(topic, client)
  }

  awaitedBy(socket: RawSocket<User>): number {
    const client = this.#clients.get(socket)
    return client === undefined ? 0 : this.#meeting.awaitedBy(client)
  }

  subscribe(topic: string, socket: RawSocket<User>): void {
    this.#byId.set(socket.id, socket)
    void this.#meeting.join(topic, this.#clientOf(socket))
  }

  unsubscribe(topic: string, socket: RawSocket<User>): void {
    const client = this.#clients.get(socket)
    if (client !== undefined) this.#meeting.leave(topic, client)
  }

  /** Its connection is over. */
  forget(socket: RawSocket<User>): void {
    const client = this.#clients.get(socket)
    if (client === undefined) return
    this.#meeting.forget(client)
    this.#byId.delete(socket.id)
  }

  /** A function of the program hears the topic. @returns a function that ends that, and calls `leave` */
  listen(topic: string, leave: () => void): () => void {
    return this.#meeting.listen(topic, leave)
  }

  /** `socket.publish`: everybody but the socket gets it, whatever they speak. */
  publishFrom(socket: RawSocket<User>, topic: string, data: Exclude<MessageData, Blob>): void {
    this.#publish(topic, data, this.#clientOf(socket), [socket.id])
  }

  /** `server.publish`. Functions among `except` are not left out: they are heard of in other processes, too. */
  publish(
    topic: string,
    data: Exclude<MessageData, Blob>,
    except: Sink | ReadonlySet<Sink> | undefined,
  ): void {
    const several = except === undefined ? [] : except instanceof Set ? [...except] : [except as Sink]
    const sockets = several.filter((one): one is RawSocket<User> => 'terminate' in one)
    this.#publish(
      topic,
      data,
      undefined,
      sockets.map(({ id }) => id),
    )
  }

  #publish(
    topic: string,
    data: Exclude<MessageData, Blob>,
    client: RawClient<User> | undefined,
    except: readonly string[],
  ): void {
    if (typeof data !== 'string') {
      const text = 'A declared topic takes JSON text from sockets, got bytes.'
      this.#meeting.refuse('publish', topic, client, new HubError('invalid_data', text))
      return
    }
    let value: unknown
    try {
      value = JSON.parse(data)
    } catch (cause) {
      const text = `A declared topic takes JSON text from sockets: ${(cause as Error).message}`
      this.#meeting.refuse('publish', topic, client, new HubError('invalid_data', text, { cause }))
      return
    }
    this.#meeting.publish(topic, value, client, except)
  }

  #clientOf(socket: RawSocket<User>): RawClient<User> {
    let client = this.#clients.get(socket)
    if (client === undefined) {
      client = new RawClient(socket, this.#topics)
      this.#clients.set(socket, client)
    }
    return client
  }
}
