import { HubError } from 'bothways'
import { Inbox } from './inbox.ts'
import type { NatsConnection, NatsHeaders, NatsMessage } from './nats-connection.ts'
import { type ApiError, ErrorCode, hubErrorOf, refusalOf } from './nats-failure.ts'

/** A message as a stream keeps it. */
export interface StoredMessage {
  readonly subject: string
  readonly seq: number
  /** The value of the header `Bothways`. */
  readonly header: string
  readonly data: string
  /** When the server has stored it, in ms since 1970. */
  readonly storedMs: number
}

export interface StreamInfo {
  readonly created: string
  readonly config: StreamConfig
  readonly state: { readonly last_seq: number }
}

/** The settings of a stream, in JetStream's own words. https://docs.nats.io/nats-concepts/jetstream/streams */
export interface StreamConfig {
  readonly name: string
  readonly subjects: readonly string[]
  readonly max_msgs_per_subject: number
  /** In nanoseconds; 0: for good. */
  readonly max_age: number
  readonly max_bytes: number
  readonly duplicate_window: number
  readonly republish?: { readonly src: string; readonly dest: string }
  readonly [setting: string]: unknown
}

interface Reply {
  readonly error?: ApiError
}

/** Calls without an answer; one more is refused as `busy`. */
const maxWaitingCalls = 10_000

/** How many messages are asked for at once. */
const batchCount = 100

/** The parts of JetStream's API that the broker needs, over a connection of NATS. https://docs.nats.io/reference/reference-protocols/nats_api_reference */
export class JetStream {
  readonly #connection: NatsConnection
  readonly #newHeaders: () => NatsHeaders
  readonly #timeoutMs: number
  readonly #inbox: Inbox
  #waitingCalls = 0
  /** There is no connection now: a message would wait, and arrive when nobody expects it. */
  isAway = false

  constructor(connection: NatsConnection, newHeaders: () => NatsHeaders, timeoutMs: number) {
    this.#connection = connection
    this.#newHeaders = newHeaders
    this.#timeoutMs = timeoutMs
    this.#inbox = new Inbox(connection, timeoutMs)
  }

  /** Calls under way fail; the connection is the program's. */
  close(): void {
    this.isAway = true
    this.#inbox.close()
  }

  /** The server has told of an error that answers no call: those that it is about fail. */
  onError(error: Error & { readonly operation?: string; readonly subject?: string }): void {
    if (error.operation === 'publish' && error.subject !== undefined) this.#inbox.refuse(error.subject, error)
  }

  /** Stores a message. @returns its place, or that of the one with the same id before it; undefined: the expected place is another one's */
  async publish(
    subject: string,
    data: string,
    header: string,
    { id, expected }: { readonly id?: string | undefined; readonly expected?: number | undefined } = {},
  ): Promise<{ readonly seq: number; readonly isDuplicate: boolean } | undefined> {
    const headers = this.#newHeaders()
    headers.set('Bothways', header)
    if (id !== undefined) headers.set('Nats-Msg-Id', id)
    if (expected !== undefined) headers.set('Nats-Expected-Last-Subject-Sequence', String(expected))
    const answer = await this.#request(subject, data, headers)
    const { seq = 0, duplicate = false, error } = answer as Reply & { seq?: number; duplicate?: boolean }
    if (error?.err_code === ErrorCode.WrongLastSequence) return undefined
    if (error !== undefined) throw refusalOf(error)
    // One with the same id is on its way: its place is not known yet.
    if (seq === 0)
      throw new HubError('unavailable', 'JetStream is storing it already.', { retryAfterMs: 100 })
    return { seq, isDuplicate: duplicate }
  }

  async info(stream: string): Promise<StreamInfo | undefined> {
    return await this.#found<StreamInfo>(`STREAM.INFO.${stream}`, {}, ErrorCode.StreamNotFound)
  }

  /** @returns undefined when another process has just made it, with other settings */
  async create(config: StreamConfig): Promise<StreamInfo | undefined> {
    return await this.#found<StreamInfo>(`STREAM.CREATE.${config.name}`, config, ErrorCode.StreamNameInUse)
  }

  async update(config: StreamConfig): Promise<void> {
    await this.#found(`STREAM.UPDATE.${config.name}`, config)
  }

  /** The newest message of a subject. */
  last(stream: string, subject: string): Promise<StoredMessage | undefined> {
    return this.#message(stream, { last_by_subj: subject })
  }

  /** The first message of a subject that is at this place or behind it. */
  next(stream: string, subject: string, seq: number): Promise<StoredMessage | undefined> {
    return this.#message(stream, { seq, next_by_subj: subject })
  }

  /** The message at a place. */
  at(stream: string, seq: number): Promise<StoredMessage | undefined> {
    return this.#message(stream, { seq })
  }

  /** Drops all messages of a subject. */
  async purge(stream: string, subject: string): Promise<void> {
    await this.#found(`STREAM.PURGE.${stream}`, { filter: subject })
  }

  async remove(stream: string, seq: number): Promise<void> {
    await this.#found(`STREAM.MSG.DELETE.${stream}`, { seq, no_erase: true }, ErrorCode.NoMessageFound)
  }

  /**
   * Reads the messages of a subject by a consumer of its own, which the server makes at the stream's leader: acknowledged
   * messages are there. (A direct get may be answered by a follower that is behind.)
   *
   * @param from a place, or what to begin with instead
   * @param work gets their number, and a function that reads the next so many of them
   */
  async read<Result>(
    stream: string,
    subject: string,
    from: number | 'each newest',
    work: (pending: number, next: (count: number) => Promise<StoredMessage[]>) => Promise<Result>,
  ): Promise<Result> {
    const config = {
      filter_subject: subject,
      ...(from === 'each newest'
        ? { deliver_policy: 'last_per_subject' }
        : from <= 1
          ? { deliver_policy: 'all' }
          : { deliver_policy: 'by_start_sequence', opt_start_seq: from }),
      ack_policy: 'none',
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: 2 * this.#timeoutMs * 1e6,
    }
    const made = await this.#found<{ name: string; num_pending: number }>(`CONSUMER.CREATE.${stream}`, {
      stream_name: stream,
      config,
    })
    const { name, num_pending: pending } = made as { name: string; num_pending: number }
    try {
      return await work(pending, count => this.#take(stream, name, count))
    } finally {
      // Nobody waits for it; else it goes by itself.
      if (!this.isAway) this.#connection.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`)
    }
  }

  async #take(stream: string, consumer: string, count: number): Promise<StoredMessage[]> {
    const taken: StoredMessage[] = []
    while (taken.length < count) {
      const batch = Math.min(batchCount, count - taken.length)
      const before = taken.length
      const messages = await this.#connection.requestMany(
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
        JSON.stringify({ batch, no_wait: true }),
        { strategy: 'count' as never, maxMessages: batch, maxWait: this.#timeoutMs, noMux: true },
      )
      try {
        for await (const message of messages) {
          // Some went while they were read.
          if ((message.headers?.code ?? 0) !== 0) return taken
          taken.push(storedOf(message))
        }
      } catch (error) {
        throw hubErrorOf(error)
      }
      if (taken.length - before < batch) {
        throw new HubError('unavailable', 'JetStream has not answered in time.', { retryAfterMs: 1000 })
      }
    }
    return taken
  }

  async #message(stream: string, which: object): Promise<StoredMessage | undefined> {
    const found = await this.#found<{ message: ApiMessage }>(
      `STREAM.MSG.GET.${stream}`,
      which,
      ErrorCode.NoMessageFound,
    )
    if (found === undefined) return undefined
    const { subject, seq, time, hdrs = '', data = '' } = found.message
    const [, header = ''] = /^Bothways: (.*)\r$/m.exec(Buffer.from(hdrs, 'base64').toString()) ?? []
    return { subject, seq, header, data: Buffer.from(data, 'base64').toString(), storedMs: Date.parse(time) }
  }

  /** @returns undefined when JetStream answers with the error that is expected */
  async #found<Answer>(call: string, body: object, expected?: number): Promise<Answer | undefined> {
    const answer = (await this.#request(`$JS.API.${call}`, JSON.stringify(body))) as Reply
    if (answer.error === undefined) return answer as Answer
    if (expected !== undefined && answer.error.err_code === expected) return undefined
    throw refusalOf(answer.error)
  }

  async #request(subject: string, payload: string, headers?: NatsHeaders): Promise<unknown> {
    if (this.isAway) throw new HubError('unavailable', 'NATS is away.', { retryAfterMs: 1000 })
    if (this.#waitingCalls >= maxWaitingCalls) {
      throw new HubError('busy', 'Too many calls wait for NATS: try again later.', { retryAfterMs: 1000 })
    }
    this.#waitingCalls++
    try {
      const { data } = await this.#inbox.request(subject, payload, headers)
      return JSON.parse(textOf(data))
    } catch (error) {
      throw hubErrorOf(error)
    } finally {
      this.#waitingCalls--
    }
  }
}

interface ApiMessage {
  readonly subject: string
  readonly seq: number
  readonly time: string
  readonly hdrs?: string
  readonly data?: string
}

/** A message that a consumer delivers: its place and time stand in the subject of the acknowledgement, of the short or the long kind. */
function storedOf({ subject, reply = '', headers, data }: NatsMessage): StoredMessage {
  const words = reply.split('.')
  const at = words.length > 9 ? 7 : 5
  return {
    subject,
    seq: Number(words[at]),
    header: headers?.get('Bothways') ?? '',
    data: textOf(data),
    storedMs: Number(words[at + 2]) / 1e6,
  }
}

const decoder = new TextDecoder()

export function textOf(data: Uint8Array): string {
  return decoder.decode(data)
}
