import { type ClientError, queueFull, unanswered } from './client-error.ts'
import type { Environment } from './environment.ts'
import type { Call, Lasting } from './line.ts'
import { byteLength, errorOf, jsonOf, type ServerMessage } from './messages.ts'
import { createRetry, createTimer, type Retry } from './timer.ts'

export interface OutboxBounds {
  /** Publications without their answer, sent or not. */
  readonly maxQueueCount: number
  /** Their bytes, as JSON. */
  readonly maxQueueBytes: number
}

/** The options that are sent beside the data. */
export interface PublishedAs {
  readonly ifPosition?: string
  /** It is to be the topic's one value. */
  readonly state?: true
}

/**
 * Publications without their answer, in their order for each topic. After a new connection they go again, with the keys by
 * which the server knows what it has; those that it may have forgotten fail as `outcome_unknown`.
 */
export interface PublishQueue extends Lasting {
  /**
   * Resolves with the position once the broker has it.
   *
   * @throws ClientError `invalid_data`, `queue_full`
   */
  add(topic: string, data: unknown, how: PublishedAs): Promise<string | undefined>
}

interface Entry {
  readonly queue: TopicQueue
  readonly key: string
  readonly how: PublishedAs
  readonly data: string
  readonly bytes: number
  readonly resolve: (position: string | undefined) => void
  readonly reject: (error: unknown) => void
  isInFlight: boolean
  firstSentAt?: number
  /** Of the last refusal that may be tried again. */
  refusal?: ClientError
}

interface TopicQueue {
  readonly topic: string
  readonly retry: Retry
  count: number
  /**
   * One failed as retryable: it is `paused` until it is time to send it again, and since the server refuses those behind it until
   * one says `restart`, that is what the next one says.
   */
  flow: 'free' | 'paused' | 'restart'
  /** How long the server wants that to wait. */
  toldMs?: number | undefined
}

/** Calls that may be unanswered at once: the server stops reading at 64. */
const maxInFlight = 32
/** Nothing is sent again in the last tenth of the key window: it has to arrive within. */
const windowShare = 0.9
/** How long a server knows a key that does not say it, in ms. */
const defaultKeyWindowMs = 300_000

export function createPublishQueue(
  { maxQueueCount, maxQueueBytes }: OutboxBounds,
  environment: Environment,
  call: Call,
): PublishQueue {
  const entries = new Set<Entry>()
  const queues = new Map<string, TopicQueue>()
  const expiry = createTimer(environment)
  let windowMs = defaultKeyWindowMs * windowShare
  let bytesInAll = 0
  /** Whether the key window of the connection is known: before, nothing goes over it. */
  let isConnected = false

  const remove = (entry: Entry) => {
    const { queue } = entry
    entries.delete(entry)
    bytesInAll -= entry.bytes
    // An interruption is the connection's, so it is remembered as long as that.
    if (--queue.count === 0 && queue.flow === 'free') queues.delete(queue.topic)
  }
  const fail = (entry: Entry, error: unknown) => {
    remove(entry)
    entry.reject(error)
  }

  const flush = () => {
    if (!isConnected) return
    let inFlightCount = [...entries].filter(({ isInFlight }) => isInFlight).length
    for (const entry of entries) {
      const { queue, key, how, data } = entry
      if (queue.flow === 'paused' || entry.isInFlight) continue
      if (++inFlightCount > maxInFlight) return
      const restart = queue.flow === 'restart' || undefined
      const message = { type: 'publish', topic: queue.topic, key, ...how, restart }
      try {
        if (!call(message, answer => answered(entry, answer), data)) return
        entry.isInFlight = true
        entry.firstSentAt ??= environment.now()
        queue.flow = 'free'
      } catch (error) {
        inFlightCount--
        fail(entry, error)
      }
    }
  }

  const answered = (entry: Entry, message: ServerMessage) => {
    const { queue } = entry
    entry.isInFlight = false
    if (message.type === 'published') {
      queue.retry.worked()
      remove(entry)
      entry.resolve(message.position)
    } else if (message.retryable) {
      // The first says for how long.
      if (queue.flow !== 'paused') queue.toldMs = message.retryAfterMs
      queue.flow = 'paused'
      if (message.code !== 'out_of_order') entry.refusal = errorOf(message)
    } else {
      fail(entry, errorOf(message))
    }
    if (queue.flow === 'paused' && ![...entries].some(other => other.queue === queue && other.isInFlight)) {
      queue.retry.again(() => {
        queue.flow = 'restart'
        expire()
        flush()
      }, queue.toldMs)
    }
    flush()
  }

  /** Fails what was sent so long ago that its key may be forgotten, and comes again for the next. */
  const expire = () => {
    let nextMs = Number.POSITIVE_INFINITY
    for (const entry of entries) {
      if (entry.firstSentAt === undefined || entry.isInFlight) continue
      const leftMs = entry.firstSentAt + windowMs - environment.now()
      if (leftMs > 0) nextMs = Math.min(nextMs, leftMs)
      else fail(entry, entry.refusal ?? unanswered(true))
    }
    expiry(nextMs < Number.POSITIVE_INFINITY ? expire : undefined, nextMs)
  }

  const disconnected = () => {
    isConnected = false
    for (const entry of entries) entry.isInFlight = false
    for (const queue of queues.values()) {
      queue.flow = 'free'
      queue.retry.cancel()
      if (queue.count === 0) queues.delete(queue.topic)
    }
    expire()
  }

  return {
    add(topic, value, how) {
      const data = jsonOf(value)
      const bytes = byteLength(data)
      if (entries.size >= maxQueueCount || bytesInAll + bytes > maxQueueBytes) {
        throw queueFull(`${maxQueueCount} publications of ${maxQueueBytes} bytes`)
      }
      const queue: TopicQueue = queues.get(topic) ?? {
        topic,
        retry: createRetry(environment),
        count: 0,
        flow: 'free',
      }
      queues.set(topic, queue)
      queue.count++
      bytesInAll += bytes
      return new Promise((resolve, reject) => {
        entries.add({
          queue,
          key: randomKey(),
          how,
          data,
          bytes,
          resolve,
          reject,
          isInFlight: false,
        })
        flush()
      })
    },
    connected({ keyWindowMs = defaultKeyWindowMs }) {
      isConnected = true
      windowMs = keyWindowMs * windowShare
      expire()
      flush()
    },
    disconnected,
    closed() {
      disconnected()
      expiry()
      for (const entry of entries) fail(entry, unanswered(entry.firstSentAt !== undefined))
    },
  }
}

/** 128 random bits: the publisher's name for a publication. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes)).slice(0, 22)
}
