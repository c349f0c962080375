import { LimitError } from '@bothways/protocol'
import { connectionLimits } from '../error-codes.ts'
import { TokenBucket } from '../token-bucket.ts'

export interface RateSettings {
  readonly maxMessagesPerSecond: number
  readonly maxBytesPerSecond: number
}

/** How fast a peer may send. */
export class ReceiveRate {
  /** A peer that has sent too fast is heard again when it is over. */
  timer: NodeJS.Timeout | undefined
  readonly #messages: TokenBucket
  readonly #bytes: TokenBucket

  constructor({ maxMessagesPerSecond, maxBytesPerSecond }: RateSettings, nowMs: number) {
    this.#messages = new TokenBucket(maxMessagesPerSecond, nowMs)
    this.#bytes = new TokenBucket(maxBytesPerSecond, nowMs)
  }

  /** Undefined without bounds. */
  static of(settings: RateSettings, nowMs: number): ReceiveRate | undefined {
    const { maxMessagesPerSecond, maxBytesPerSecond } = settings
    const isUnbounded = Math.min(maxMessagesPerSecond, maxBytesPerSecond) === Number.MAX_SAFE_INTEGER
    return isUnbounded ? undefined : new ReceiveRate(settings, nowMs)
  }

  takeMessage(nowMs: number): void {
    this.#messages.take(1, nowMs)
  }

  takeBytes(count: number, nowMs: number): void {
    this.#bytes.take(count, nowMs)
  }

  /** How long the peer has to wait, in ms; 0: it is not too fast. */
  waitMs(nowMs: number): number {
    return Math.max(this.#messages.waitMs(nowMs), this.#bytes.waitMs(nowMs))
  }

  /** For a peer that has to wait: which bound it has passed. */
  error(nowMs: number): LimitError {
    const isMessages = this.#messages.waitMs(nowMs) > 0
    const { perSecond, overdrawn } = isMessages ? this.#messages : this.#bytes
    const option = isMessages ? 'maxMessagesPerSecond' : 'maxBytesPerSecond'
    const limit = connectionLimits[option]
    const actual = Math.ceil(perSecond + overdrawn)
    return new LimitError(
      limit,
      perSecond,
      actual,
      `The peer sends too fast: ${actual} ${limit.unit} in a second, over the limit of ${perSecond} (option ${option}).`,
    )
  }
}
