import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import {
  type Broker,
  type BrokerEvents,
  type History,
  type HistoryRequest,
  HubError,
  type Member,
  type Published,
  type PublishRequest,
  type TopicSubscription,
  type Withdrawal,
} from 'bothways'
import {
  Audience,
  aFunction,
  invalidOption,
  LocalPresence,
  type OptionRules,
  oneOf,
  resolveOptions,
  wholeNumber,
} from 'bothways/broker'
import type { Call, CallFailure, PublishResult, Result, StoreOptions } from './calls.ts'

export interface SqliteBrokerOptions {
  /** The file; made when there is none. One process has it at a time. */
  file: string
  /**
   * When the disk itself has a publication. `normal`: some time after it was acknowledged, so that a power cut may lose the
   * newest; the death of the process loses nothing. `full`: before. Default `normal`.
   */
  synchronous?: 'normal' | 'full'
  /** The largest file, in bytes, besides its log of some MiB; with more, publications are refused as `busy`. Default 1 GiB. */
  maxFileBytes?: number
  /** How long keys are remembered, in ms. Default 300,000, which is the least. */
  keyWindowMs?: number
  /** Keys that are remembered; one more publication with a key is refused as `busy`. Default 1,000,000. */
  maxKeys?: number
  /** Topics with history or a position that are remembered. One more is refused as `busy`. Default 100,000. */
  maxTopics?: number
  /** The clock, in ms since 1970. Default `Date.now`. */
  now?: () => number
}

/** {@link SqliteBrokerOptions} with every default filled in. */
interface SqliteBrokerSettings extends StoreOptions {
  readonly now: () => number
}

const rules: OptionRules<SqliteBrokerOptions, SqliteBrokerSettings> = {
  file: ({ file }, name) => {
    if (typeof file === 'string' && file !== '') return file
    throw invalidOption(name, 'the path of a file', file)
  },
  synchronous: oneOf('normal', 'full'),
  maxFileBytes: wholeNumber(1024 * 1024 * 1024, 1024 * 1024),
  keyWindowMs: wholeNumber(300_000, 300_000),
  maxKeys: wholeNumber(1_000_000, 1),
  maxTopics: wholeNumber(100_000, 1),
  now: (options, name) => aFunction(options, name) ?? Date.now,
}

/** Data that waits for the thread, in bytes of UTF-16; with more, publications are refused as `busy`. */
const maxWaitingBytes = 64 * 1024 * 1024

/** One transaction takes this much at most, in bytes of UTF-16, and so many calls: readers must not wait for long. */
const maxBatchBytes = 4 * 1024 * 1024
const maxBatchCalls = 1000

/** How often what is too old is looked for, in ms. */
const tidyMs = 1000

/** The cost of a call while it waits, besides its data. */
const callBytes = 256

interface Waiting {
  readonly call: Call
  readonly bytes: number
  /** In the order of the calls, also where that of promises would be another. */
  settle(result: Result): void
}

/**
 * Topics in one SQLite file: they survive restarts, and `kill -9` loses nothing that was acknowledged. One process uses the
 * file. A thread of its own waits for the disk; the publications of one turn, or those made while the thread is at work, are one
 * transaction.
 */
export class SqliteBroker implements Broker {
  readonly keyWindowMs: number
  readonly #thread: Worker
  readonly #now: () => number
  readonly #audience: Audience = new Audience()
  readonly #presence: LocalPresence = new LocalPresence(this.#audience)
  readonly #tidyTimer: NodeJS.Timeout
  readonly #gone: Promise<void>
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #running: readonly Waiting[] = []
  #isFlushDue = false
  #end: CallFailure | undefined

  /**
   * Opens the file.
   *
   * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`; HubError `unavailable` when the file cannot be used: its
   *   message says why
   */
  static async open(options: SqliteBrokerOptions): Promise<SqliteBroker> {
    const { now, ...settings } = resolveOptions('SqliteBroker.open', options, rules)
    const thread = new Worker(createRequire(import.meta.url).resolve('#thread'), {
      workerData: settings satisfies StoreOptions,
      // Not those of the program: its loaders and conditions are none of the thread's.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    const failure = await new Promise<CallFailure | undefined>((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
    })
    if (failure !== undefined) {
      await thread.terminate()
      throw new HubError(failure.code, failure.message)
    }
    return new SqliteBroker(thread, settings.keyWindowMs, now)
  }

  private constructor(thread: Worker, keyWindowMs: number, now: () => number) {
    this.keyWindowMs = keyWindowMs
    this.#thread = thread
    this.#now = now
    thread.removeAllListeners('error')
    thread.on('message', (results: readonly Result[]) => this.#answer(results))
    thread.on('error', error =>
      this.#fail({ code: 'unavailable', message: `SQLite's thread: ${error.message}` }),
    )
    this.#gone = new Promise(resolve => {
      thread.on('exit', () => {
        this.#fail({ code: 'unavailable', message: "SQLite's thread has ended." })
        resolve()
      })
    })
    this.#tidyTimer = setInterval(() => {
      if (this.#running.length === 0) this.#ask({ type: 'tidy', now: this.#now() }, 0).catch(ignore)
    }, tidyMs).unref()
  }

  async publish(request: PublishRequest): Promise<Published> {
    const bytes = request.data.length * 2
    if (this.#waitingBytes + bytes > maxWaitingBytes) {
      throw new HubError('busy', 'More is published than the disk takes: try again later.', {
        retryAfterMs: 1000,
      })
    }
    const call: Call = { type: 'publish', request, now: this.#now() }
    const { position, isRepeated } = (await this.#ask(call, bytes, result =>
      this.#carry(result),
    )) as PublishResult
    return { position, isRepeated }
  }

  #carry(result: Result): void {
    if (!('value' in result)) return
    const { publication } = result.value as PublishResult
    if (publication !== undefined) this.#audience.publication(publication)
  }

  async subscribe(topic: string, events: BrokerEvents): Promise<TopicSubscription> {
    let unsubscribe: () => void = ignore
    const heads = await this.#ask({ type: 'heads', topics: [topic] }, 0, () => {
      unsubscribe = this.#audience.add(topic, events)
    })
    return { head: (heads as readonly string[])[0] as string, unsubscribe }
  }

  async history(request: HistoryRequest): Promise<History> {
    return (await this.#ask({ type: 'history', request, now: this.#now() }, 0)) as History
  }

  async heads(topics: readonly string[]): Promise<readonly string[]> {
    return (await this.#ask({ type: 'heads', topics }, 0)) as readonly string[]
  }

  async join(topic: string, member: Member): Promise<void> {
    this.#presence.join(topic, member)
  }

  async leave(topic: string, client: string): Promise<void> {
    this.#presence.leave(topic, client)
  }

  async members(topic: string): Promise<readonly Member[]> {
    return this.#presence.members(topic)
  }

  /** One process uses the file: it is told at once, and nobody else need be. */
  async withdraw(withdrawal: Withdrawal): Promise<void> {
    this.#audience.withdrawal(withdrawal)
  }

  onWithdrawal(listener: (withdrawal: Withdrawal) => void): () => void {
    return this.#audience.addWithdrawalListener(listener)
  }

  /** Publications made before are stored; then the file is given back. */
  async close(): Promise<void> {
    clearInterval(this.#tidyTimer)
    if (this.#end === undefined) {
      await this.#ask({ type: 'heads', topics: [] }, 0).catch(ignore)
      this.#end = { code: 'unavailable', message: 'The broker was closed.' }
      this.#thread.postMessage('close')
    }
    await this.#gone
    this.#audience.clear()
    this.#presence.clear()
  }

  /** @param onResult called with the result in the order of the calls, before anything that waits for it */
  #ask(call: Call, dataBytes: number, onResult?: (result: Result) => void): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(errorOf(this.#end))
    return new Promise((resolve, reject) => {
      const bytes = dataBytes + callBytes
      const settle = (result: Result) => {
        onResult?.(result)
        if ('failure' in result) reject(errorOf(result.failure))
        else resolve(result.value)
      }
      this.#waiting.push({ call, bytes, settle })
      this.#waitingBytes += bytes
      if (this.#isFlushDue || this.#running.length > 0) return
      this.#isFlushDue = true
      // The other calls of this turn go along.
      setImmediate(() => {
        this.#isFlushDue = false
        this.#flush()
      })
    })
  }

  #flush(): void {
    if (this.#waiting.length === 0 || this.#end !== undefined) return
    let count = 0
    let bytes = 0
    for (const waiting of this.#waiting) {
      if (count === maxBatchCalls || (count > 0 && bytes + waiting.bytes > maxBatchBytes)) break
      count++
      bytes += waiting.bytes
    }
    this.#running = this.#waiting.splice(0, count)
    this.#waitingBytes -= bytes
    this.#thread.postMessage(this.#running.map(({ call }) => call))
  }

  #answer(results: readonly Result[]): void {
    const done = this.#running
    this.#running = []
    this.#flush()
    for (const [at, { settle }] of done.entries()) settle(results[at] as Result)
  }

  #fail(failure: CallFailure): void {
    this.#end ??= failure
    clearInterval(this.#tidyTimer)
    const open = [...this.#running, ...this.#waiting]
    this.#running = []
    this.#waiting = []
    this.#waitingBytes = 0
    for (const { settle } of open) settle({ failure: this.#end })
  }
}

function errorOf({ code, message, retryAfterMs }: CallFailure): HubError {
  return new HubError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs })
}

function ignore(): void {}
