import { randomBytes } from 'node:crypto'
import { Adapter, type AdapterNamespace, type AdapterSocket, type SocketDetails } from '../adapter.ts'
import type { BroadcastOptions, Room, SocketId } from '../broadcast-options.ts'
import type { RawData } from '../engine-binding.ts'
import { type Packet, PacketType } from '../parser/packet.ts'
import type { Session, SessionToPersist } from '../recovery/session-log.ts'
import type {
  ClusterBus,
  ClusterMembership,
  ClusterMessage,
  ClusterQuestion,
  ClusterTarget,
} from './cluster-bus.ts'
import { ClusterRecovery } from './cluster-recovery.ts'

/** How long other servers are waited for if the program does not say, in ms. */
const defaultTimeoutMs = 5_000

/** How long the server of a client that came here is waited for, before others say what they know, in ms. */
const ownerTimeoutMs = 1_000

interface Request {
  onAnswer(answer: unknown): void
}

/** The rooms of a namespace on several servers, which a {@link ClusterBus} joins. */
export class ClusterAdapter extends Adapter {
  readonly #id = randomBytes(9).toString('base64url')
  readonly #membership: ClusterMembership
  readonly #requests = new Map<string, Request>()
  readonly #recovery: ClusterRecovery | undefined
  #requestCount = 0

  constructor(nsp: AdapterNamespace, bus: ClusterBus) {
    super(nsp)
    this.#membership = bus.join(nsp.name, {
      id: this.#id,
      onMessage: message => this.#onMessage(message),
      onOwn: message => this.#onOwn(message),
    })
    const { log } = this
    if (log === undefined) return
    const { _opts: settings, _remembered: budget } = nsp.server
    const recovery = new ClusterRecovery({
      ...settings.connectionStateRecovery,
      log,
      id: this.#id,
      budget,
      publish: (message, to) => this.#membership.publish(message, to),
      mayComeBack: id => this.mayComeBack(id),
    })
    this.#recovery = recovery
    // The messages of the recovery have to come round to this server, too.
    this.#membership.memberCount().then(() => recovery.begin(), ignore)
  }

  override async close(): Promise<void> {
    this.#recovery?.close()
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
    const local = await this.#restoreOwn(pid, offset)
    if (local) return local
    // From here on, packets of the other servers are in the log of this one.
    const { position } = this
    const found = await this.#askForSession(pid, offset)
    return found && { ...found, ...(position !== undefined && { position }) }
  }

  override addAll(id: SocketId, rooms: ReadonlySet<Room>): void | Promise<void> {
    this.#recovery?.touch(id)
    return super.addAll(id, rooms)
  }

  override del(id: SocketId, room: Room): void | Promise<void> {
    this.#recovery?.touch(id)
    return super.del(id, room)
  }

  override enter(socket: AdapterSocket, pid: string, returnCount: number): void {
    this.#recovery?.enter(socket, pid, returnCount)
  }

  override touch(id: SocketId): void {
    this.#recovery?.touch(id)
  }

  override over(pid: string): void {
    this.#recovery?.over(pid)
  }

  override persistSession(session: SessionToPersist): void {
    this.#recovery?.persist(session)
    super.persistSession(session)
  }

  protected override keep(parts: readonly RawData[], options: BroadcastOptions, offset: string): void {
    super.keep(parts, options, offset)
    this.#tellKept(parts, options, offset, undefined)
  }

  protected override deliver(
    packet: Packet | undefined,
    parts: readonly RawData[],
    options: BroadcastOptions,
    offset: string | undefined,
  ): void {
    if (options.flags?.local) {
      if (offset !== undefined) this.#tellKept(parts, options, offset, this.log?.name)
    } else {
      if (offset !== undefined) this.log?.sendRound(offset)
      this.#membership.publish({ type: 'broadcast', target: targetOf(options), parts, offset })
    }
    super.deliver(packet, parts, options, offset)
  }

  /** The others are told of it, should this server die. */
  #tellKept(
    parts: readonly RawData[],
    { rooms, except = new Set() }: BroadcastOptions,
    offset: string,
    only: string | undefined,
  ): void {
    this.log?.sendRound(offset)
    this.#membership.publish({ type: 'kept', rooms: [...rooms], except: [...except], only, parts, offset })
  }

  #tell(options: BroadcastOptions, message: (target: ClusterTarget) => ClusterMessage): void {
    if (!options.flags?.local) this.#membership.publish(message(targetOf(options)))
  }

  #onOwn(message: ClusterMessage): void {
    if ('offset' in message && message.offset !== undefined) this.#recovery?.place(message.offset)
  }

  #onMessage(message: ClusterMessage): void {
    if (this.#recovery?.onMessage(message)) return
    switch (message.type) {
      case 'broadcast': {
        const { target, parts, offset } = message
        const options = optionsOf(target)
        if (offset !== undefined) {
          this.remember(parts, options, offset)
          this.#recovery?.place(offset)
        }
        super.deliver(undefined, parts, options, offset)
        break
      }
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
        void this.#restoreOwn(question.pid, question.offset).then(session =>
          answer(session ?? this.#knownOf(question.pid, question.offset)),
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

  async #restoreOwn(pid: string, offset: string | undefined): Promise<Session | null | undefined> {
    this.#recovery?.release(pid)
    return await super.restoreSession(pid, offset)
  }

  /** The known session of a client of another server; false: it is this one's, and cannot come back. */
  #knownOf(pid: string, offset: string | undefined): Session | false | null {
    if (this.#recovery?.has(pid)) return false
    return this.#recovery?.restore(pid, offset) ?? null
  }

  /** The session of a client as its own server tells it; if that does not answer, as this one or another one knows it. */
  async #askForSession(pid: string, offset: string | undefined): Promise<Session | null> {
    let expected = (await this.serverCount()) - 1
    let known: Session | null = null
    if (expected > 0) {
      const answer = await new Promise<Session | false | null>(resolve => {
        const settle = (session: Session | false | null): void => {
          for (const timer of timers) clearTimeout(timer)
          end()
          resolve(session)
        }
        const question: ClusterQuestion = { kind: 'session', pid, offset }
        const end = this.#ask(question, answered => {
          expected--
          const session = answered as Session | false | null
          if (session === false || (session !== null && !session.isCarried)) settle(session)
          else if (session !== null) known = session
          if (expected === 0) settle(null)
        })
        const isKnown = (): boolean => known !== null || this.#recovery?.restore(pid, offset) != null
        const timers = [
          setTimeout(() => isKnown() && settle(null), ownerTimeoutMs),
          setTimeout(settle, defaultTimeoutMs, null),
        ]
      })
      if (answer !== null) return answer || null
    }
    return this.#recovery?.restore(pid, offset) ?? known
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

function ignore(): void {}
