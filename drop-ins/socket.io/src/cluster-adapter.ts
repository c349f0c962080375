import { randomBytes } from 'node:crypto'
import { Adapter, type AdapterNamespace, type AdapterSocket, type SocketDetails } from './adapter.ts'
import type { BroadcastOptions, Room, SocketId } from './broadcast-options.ts'
import type {
  ClusterBus,
  ClusterMembership,
  ClusterMessage,
  ClusterQuestion,
  ClusterTarget,
} from './cluster-bus.ts'
import type { RawData } from './engine-binding.ts'
import { type Packet, PacketType } from './parser/packet.ts'
import type { Session } from './session-log.ts'

/** How long other servers are waited for if the program does not say, in ms. */
const defaultTimeoutMs = 5_000

interface Request {
  onAnswer(answer: unknown): void
}

/** The rooms of a namespace on several servers, which a {@link ClusterBus} joins. */
export class ClusterAdapter extends Adapter {
  readonly #id = randomBytes(9).toString('base64url')
  readonly #membership: ClusterMembership
  readonly #requests = new Map<string, Request>()
  #requestCount = 0

  constructor(nsp: AdapterNamespace, bus: ClusterBus) {
    super(nsp)
    this.#membership = bus.join(nsp.name, { id: this.#id, onMessage: message => this.#onMessage(message) })
  }

  override async close(): Promise<void> {
    await super.close()
    await this.#membership.leave()
  }

  override serverCount(): Promise<number> {
    return this.#membership.memberCount()
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    onCount: (count: number) => void,
    onAnswer: (...args: unknown[]) => void,
  ): void {
    if (!options.flags?.local) {
      const question: ClusterQuestion = { kind: 'broadcast', target: targetOf(options), data: packet.data }
      // Each other server says to how many it has sent, and then what they answer: how long that takes nobody knows.
      const end = this.#ask(question, answer => {
        if (typeof answer === 'number') onCount(answer)
        else onAnswer(...(answer as unknown[]))
      })
      setTimeout(end, options.flags?.timeout ?? defaultTimeoutMs).unref()
    }
    super.broadcastWithAck(packet, options, onCount, onAnswer)
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#tell(options, target => ({ type: 'join', target, rooms }))
    super.addSockets(options, rooms)
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#tell(options, target => ({ type: 'leave', target, rooms }))
    super.delSockets(options, rooms)
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.#tell(options, target => ({ type: 'disconnect', target, close }))
    super.disconnectSockets(options, close)
  }

  override async sockets(rooms: ReadonlySet<Room>): Promise<Set<SocketId>> {
    const sockets = await this.fetchSockets({ rooms })
    return new Set(sockets.map(it => it.id))
  }

  override async fetchSockets(options: BroadcastOptions): Promise<(AdapterSocket | SocketDetails)[]> {
    const local = await super.fetchSockets(options)
    if (options.flags?.local) return local
    const question: ClusterQuestion = { kind: 'sockets', target: targetOf(options) }
    const remote = await this.#askAll(question, options.flags?.timeout)
    return [...local, ...(remote as SocketDetails[][]).flat()]
  }

  override serverSideEmit(packet: unknown[]): void {
    const ack = packet.at(-1)
    if (typeof ack !== 'function') {
      this.#membership.publish({ type: 'emit', args: packet })
      return
    }
    this.#askAll({ kind: 'emit', args: packet.slice(0, -1) }).then(
      answers => ack(null, answers),
      error => ack(error, (error as { responses?: unknown }).responses),
    )
  }

  override async restoreSession(pid: string, offset?: string): Promise<Session | null | undefined> {
    const local = await super.restoreSession(pid, offset)
    if (local) return local
    // From here on, what comes from the other servers is in the log of this one.
    const { position } = this
    const found = (await this.#askFor({ kind: 'session', pid, offset })) as Session | null
    return found && { ...found, ...(position !== undefined && { position }) }
  }

  protected override deliver(
    packet: Packet | undefined,
    parts: readonly RawData[],
    options: BroadcastOptions,
    offset: string | undefined,
  ): void {
    this.#tell(options, target => ({ type: 'broadcast', target, parts, offset }))
    super.deliver(packet, parts, options, offset)
  }

  #tell(options: BroadcastOptions, message: (target: ClusterTarget) => ClusterMessage): void {
    if (!options.flags?.local) this.#membership.publish(message(targetOf(options)))
  }

  #onMessage(message: ClusterMessage): void {
    switch (message.type) {
      case 'broadcast':
        super.deliver(undefined, message.parts, optionsOf(message.target), message.offset)
        break
      case 'join':
        super.addSockets(optionsOf(message.target), [...message.rooms])
        break
      case 'leave':
        super.delSockets(optionsOf(message.target), [...message.rooms])
        break
      case 'disconnect':
        super.disconnectSockets(optionsOf(message.target), message.close)
        break
      case 'emit':
        this.nsp._onServerSideEmit([...(message.args as [string])])
        break
      case 'request':
        this.#onRequest(message.question, answer =>
          this.#membership.publish({ type: 'response', id: message.id, answer }, message.from),
        )
        break
      case 'response':
        this.#requests.get(message.id)?.onAnswer(message.answer)
        break
    }
  }

  #onRequest(question: ClusterQuestion, answer: (value: unknown) => void): void {
    switch (question.kind) {
      case 'broadcast': {
        const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data: [...question.data] }
        const options = optionsOf(question.target)
        super.broadcastWithAck(packet, options, answer, (...args) => answer(args))
        // A server that has not answered by then is not waited for.
        const forget = (): void => {
          for (const socket of this.nsp.sockets.values()) socket.acks.delete(packet.id as number)
        }
        setTimeout(forget, options.flags?.timeout ?? defaultTimeoutMs).unref()
        break
      }
      case 'sockets':
        void super
          .fetchSockets(optionsOf(question.target))
          .then(sockets => answer(sockets.map(it => detailsOf(it as AdapterSocket))))
        break
      case 'emit': {
        let isAnswered = false
        const ack = (value: unknown): void => {
          if (!isAnswered) answer(value)
          isAnswered = true
        }
        this.nsp._onServerSideEmit([...(question.args as [string]), ack])
        break
      }
      case 'session':
        void Promise.resolve(super.restoreSession(question.pid, question.offset)).then(session =>
          answer(session ?? null),
        )
        break
    }
  }

  /** @returns a function after which no answers are heard any more */
  #ask(question: ClusterQuestion, onAnswer: (answer: unknown) => void): () => void {
    const id = `${this.#id}${this.#requestCount++}`
    this.#requests.set(id, { onAnswer })
    this.#membership.publish({ type: 'request', id, from: this.#id, question })
    return () => this.#requests.delete(id)
  }

  /** The answers of all other servers; rejects with those that came in time as `responses`. */
  async #askAll(question: ClusterQuestion, timeoutMs = defaultTimeoutMs): Promise<unknown[]> {
    const expected = (await this.serverCount()) - 1
    if (expected <= 0) return []
    return new Promise((resolve, reject) => {
      const responses: unknown[] = []
      const end = this.#ask(question, answer => {
        if (responses.push(answer) < expected) return
        clearTimeout(timer)
        end()
        resolve(responses)
      })
      const timer = setTimeout(() => {
        end()
        const text = `timeout reached: only ${responses.length} responses received out of ${expected}`
        reject(Object.assign(new Error(text), { responses }))
      }, timeoutMs)
    })
  }

  /** The first answer of another server that is not null, or null when none has one. */
  async #askFor(question: ClusterQuestion): Promise<unknown> {
    let expected = (await this.serverCount()) - 1
    if (expected <= 0) return null
    return new Promise(resolve => {
      const settle = (answer: unknown): void => {
        clearTimeout(timer)
        end()
        resolve(answer)
      }
      const end = this.#ask(question, answer => {
        expected--
        if (answer !== null || expected === 0) settle(answer)
      })
      const timer = setTimeout(() => settle(null), defaultTimeoutMs)
    })
  }
}

function targetOf({ rooms, except, flags = {} }: BroadcastOptions): ClusterTarget {
  return { rooms: [...rooms], except: [...(except ?? [])], flags }
}

function optionsOf({ rooms, except, flags }: ClusterTarget): BroadcastOptions {
  return { rooms: new Set(rooms), except: new Set(except), flags }
}

function detailsOf({ id, handshake, rooms, data }: AdapterSocket): SocketDetails {
  return { id, handshake, rooms: [...rooms], data }
}
