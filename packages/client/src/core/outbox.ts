import { callRetryDelay } from './backoff.ts'
import { ClientError, outcomeUnknown, queueFull, tooLarge } from './client-error.ts'
import type { Environment } from './environment.ts'
import { byteLength, type ClientMessage, jsonOf, type ServerMessage, textOf } from './messages.ts'

export interface OutboxBounds {
  /** Publications without their answer, sent or not. */
  readonly maxQueueCount: number
  /** Their bytes, as JSON. */
  readonly maxQueueBytes: number
}

type Send = (message: ClientMessage, data?: string) => void

/** What the server's welcome says. */
export interface OutboxLimits {
  readonly maxMessageBytes: number
  readonly keyWindowMs: number
}

interface Entry {
  readonly id: number
  readonly topic: string
  readonly data: string
  readonly bytes: number
  readonly key: string
  readonly ifPosition: string | undefined
  readonly resolve: (position: string | undefined) => void
  readonly reject: (error: ClientError) => void
  isInFlight: boolean
  firstSentAt: number | undefined
  /** Of the last refusal that may be tried again. */
  refusal: ClientError | undefined
}

interface TopicQueue {
  readonly entries: Entry[]
  /** One failed as retryable: the server refuses those behind it until one says `restart`. */
  isInterrupted: boolean
  /** It is not time yet to send it again. */
  isPaused: boolean
  failedCount: number
  cancelRetry: (() => void) | undefined
}

/** Calls that may be unanswered at once: the server stops reading at 64. */
const maxInFlight = 32
/** Nothing is sent again in the last tenth of the key window: it has to arrive within. */
const windowShare = 0.9
const defaultKeyWindowMs = 300_000

/**
 * Publications without their answer, in their order for each topic. After a new connection they go again, with the keys by
 * which the server knows what it has; those that it may have forgotten fail as `outcome_unknown`.
 */
export class Outbox {
  readonly #bounds: OutboxBounds
  readonly #environment: Environment
  readonly #send: Send
  readonly #queues = new Map<string, TopicQueue>()
  readonly #inFlight = new Map<number, Entry>()
  #limits: OutboxLimits | undefined
  #keyWindowMs = defaultKeyWindowMs
  #isConnected = false
  #count = 0
  #bytes = 0
  #cancelExpiry: (() => void) | undefined

  constructor(bounds: OutboxBounds, environment: Environment, send: Send) {
    this.#bounds = bounds
    this.#environment = environment
    this.#send = send
  }

  get count(): number {
    return this.#count
  }

  /** Resolves with the position once the broker has it. */
  add(id: number, topic: string, data: unknown, ifPosition?: string): Promise<string | undefined> {
    const text = jsonOf(data)
    const bytes = byteLength(text)
    const { maxQueueCount, maxQueueBytes } = this.#bounds
    if (this.#count >= maxQueueCount || this.#bytes + bytes > maxQueueBytes) {
      return Promise.reject(queueFull(`${maxQueueCount} publications of ${maxQueueBytes} bytes`))
    }
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(topic) ?? {
        entries: [],
        isInterrupted: false,
        isPaused: false,
        failedCount: 0,
        cancelRetry: undefined,
      }
      this.#queues.set(topic, queue)
      this.#count++
      this.#bytes += bytes
      queue.entries.push({
        id,
        topic,
        data: text,
        bytes,
        key: randomKey(),
        ifPosition,
        resolve,
        reject,
        isInFlight: false,
        firstSentAt: undefined,
        refusal: undefined,
      })
      this.#flush()
    })
  }

  connected(limits: OutboxLimits): void {
    this.#limits = limits
    this.#keyWindowMs = limits.keyWindowMs
    this.#isConnected = true
    this.#expire()
    this.#flush()
  }

  /** What is in flight will have no answer any more. */
  disconnected(): void {
    this.#isConnected = false
    for (const entry of this.#inFlight.values()) entry.isInFlight = false
    this.#inFlight.clear()
    for (const [topic, queue] of this.#queues) {
      queue.isInterrupted = false
      queue.isPaused = false
      queue.cancelRetry?.()
      if (queue.entries.length === 0) this.#queues.delete(topic)
    }
    this.#expire()
  }

  /** @returns whether the message was the answer to a publication */
  answer(message: ServerMessage): boolean {
    const entry = message.id === undefined ? undefined : this.#inFlight.get(message.id)
    if (entry === undefined) return false
    this.#inFlight.delete(entry.id)
    entry.isInFlight = false
    const queue = this.#queues.get(entry.topic) as TopicQueue
    if (message.type === 'published') {
      queue.failedCount = 0
      this.#remove(entry)
      entry.resolve(message.position)
    } else {
      const { code = 'internal', message: text = '', retryable = false } = message
      const error = new ClientError(code, text, retryable)
      if (!retryable) {
        this.#remove(entry)
        entry.reject(error)
      } else {
        queue.isInterrupted = true
        queue.isPaused = true
        if (code !== 'out_of_order') entry.refusal = error
      }
    }
    if (queue.isPaused && !queue.entries.some(({ isInFlight }) => isInFlight)) {
      this.#retryIn(queue, message.retryAfterMs)
    }
    this.#flush()
    return true
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#cancelExpiry?.()
    this.disconnected()
    this.#cancelExpiry?.()
    for (const entry of [...this.#queues.values()].flatMap(({ entries }) => entries)) {
      this.#remove(entry)
      entry.reject(
        entry.firstSentAt === undefined ? new ClientError('closed', 'This was not sent.') : outcomeUnknown(),
      )
    }
  }

  #retryIn(queue: TopicQueue, retryAfterMs: number | undefined): void {
    const delay = callRetryDelay(retryAfterMs, ++queue.failedCount, this.#environment.random())
    queue.cancelRetry?.()
    queue.cancelRetry = this.#environment.setTimer(() => {
      queue.isPaused = false
      this.#expire()
      this.#flush()
    }, delay)
  }

  #flush(): void {
    if (!this.#isConnected) return
    for (const queue of this.#queues.values()) this.#flushQueue(queue, this.#limits as OutboxLimits)
  }

  #flushQueue(queue: TopicQueue, { maxMessageBytes }: OutboxLimits): void {
    if (queue.isPaused) return
    for (const entry of [...queue.entries]) {
      if (entry.isInFlight) continue
      if (this.#inFlight.size >= maxInFlight) return
      const { id, topic, key, ifPosition, data } = entry
      const message = {
        type: 'publish',
        id,
        topic,
        key,
        ifPosition,
        restart: queue.isInterrupted || undefined,
      }
      const bytes = entry.bytes + byteLength(textOf(message, ''))
      const refusal = tooLarge(bytes, maxMessageBytes)
      if (refusal !== undefined) {
        this.#remove(entry)
        entry.reject(refusal)
        continue
      }
      entry.isInFlight = true
      entry.firstSentAt ??= this.#environment.now()
      this.#inFlight.set(id, entry)
      queue.isInterrupted = false
      this.#send(message, data)
    }
  }

  /** Fails what was sent so long ago that its key may be forgotten, and comes again for the next. */
  #expire(): void {
    this.#cancelExpiry?.()
    this.#cancelExpiry = undefined
    const now = this.#environment.now()
    const windowMs = this.#keyWindowMs * windowShare
    let nextMs = Number.POSITIVE_INFINITY
    for (const entry of [...this.#queues.values()].flatMap(({ entries }) => entries)) {
      if (entry.firstSentAt === undefined || entry.isInFlight) continue
      const leftMs = entry.firstSentAt + windowMs - now
      if (leftMs > 0) nextMs = Math.min(nextMs, leftMs)
      else {
        this.#remove(entry)
        entry.reject(entry.refusal ?? outcomeUnknown())
      }
    }
    if (nextMs < Number.POSITIVE_INFINITY)
      this.#cancelExpiry = this.#environment.setTimer(() => this.#expire(), nextMs)
  }

  #remove(entry: Entry): void {
    const queue = this.#queues.get(entry.topic) as TopicQueue
    queue.entries.splice(queue.entries.indexOf(entry), 1)
    this.#count--
    this.#bytes -= entry.bytes
    // An interruption is the connection's, so it is remembered as long as that.
    if (queue.entries.length === 0 && !queue.isInterrupted) this.#queues.delete(entry.topic)
  }
}

/** 128 random bits: the publisher's name for a publication. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes)).slice(0, 22)
}
