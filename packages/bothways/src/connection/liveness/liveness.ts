import { Buffer } from 'node:buffer'
import { ReadyState } from '../ending.ts'
import { peerIsSilent } from '../failures.ts'
import { Receiving } from '../receiving/receiving.ts'
import { keepaliveStep } from './keepalive.ts'
import { Pings } from './pings.ts'
import { type TickerMember, ticker } from './ticker.ts'

/** Whether one peer still lives: the keepalive, pings and round-trip times, and all that the passing of time brings about. */
export abstract class Liveness extends Receiving implements TickerMember {
  before: TickerMember | undefined
  after: TickerMember | undefined
  /** When a ping last went out while nothing was read. */
  #probedAtMs = this.lastHeardMs
  #pings: Pings | undefined
  #pingCount = 0
  #roundTripTimeMs: number | undefined

  /** A ping would go out soon. */
  protected abstract readonly hasRoom: boolean

  /** Bytes that the operating system has not taken yet. */
  abstract readonly bufferedBytes: number

  /** At once: the time for its answer runs. */
  protected abstract sendPing(payload: Uint8Array): void

  /** Begins to read, and to look at the clock. */
  override start(): void {
    ticker.add(this)
    super.start()
  }

  /** The keepalive's and close timer's precision, in ms. */
  get resolutionMs(): number {
    const { closeTimeoutMs, messageTimeoutMs, keepalive } = this.settings
    const shortest = Math.min(
      closeTimeoutMs,
      messageTimeoutMs,
      keepalive ? Math.min(keepalive.intervalMs, keepalive.timeoutMs) : Infinity,
    )
    return Math.min(1_000, Math.max(10, Math.floor(shortest / 4)))
  }

  get roundTripTimeMs(): number | undefined {
    return this.#roundTripTimeMs
  }

  /** The payload of a ping of ours to which the program has given none. */
  nextPayload(): Buffer {
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32BE(this.#pingCount++ >>> 0)
    return payload
  }

  /** Promises the round-trip time of a ping that has been sent, in ms, or undefined if the connection ends first. */
  track(payload: Uint8Array): Promise<number | undefined> {
    this.#pings ??= new Pings()
    return this.#pings.track(Buffer.from(payload), performance.now())
  }

  /** @returns the round-trip time in ms, if the pong answers a ping of ours */
  protected takePong(payload: Uint8Array, nowMs: number): number | undefined {
    const roundTripMs = this.#pings?.answer(payload, nowMs)
    if (this.#pings?.areAnswered) this.#pings = undefined
    if (roundTripMs !== undefined) this.#roundTripTimeMs = roundTripMs
    return roundTripMs
  }

  /** TCP is over: nobody is looked after any more. */
  protected stop(): void {
    ticker.delete(this)
  }

  /** Nobody answers any more. */
  protected abandonPings(): void {
    this.#pings?.abandon()
  }

  tick(nowMs: number, lostMs = 0): void {
    if (lostMs > 0) this.excuse(lostMs, nowMs)
    if (this.readyState !== ReadyState.Open) {
      this.ending.tick(nowMs, this.bufferedBytes)
    } else if (!this.dropStalled(nowMs)) {
      this.#keepAlive(nowMs)
    }
  }

  #keepAlive(nowMs: number): void {
    const { keepalive } = this.settings
    if (keepalive === false) return
    if (this.isReadingPaused) {
      // We do not read, so silence says nothing about the peer; a ping that TCP cannot deliver does.
      this.excuseSilence(nowMs)
      if (nowMs - this.#probedAtMs < keepalive.intervalMs) return
      this.#probedAtMs = Math.trunc(nowMs)
      if (this.hasRoom) this.sendPing(this.nextPayload())
      return
    }
    const { lastHeardMs } = this
    const step = keepaliveStep(keepalive, { nowMs, lastHeardMs, pingedAtMs: this.#pings?.oldestSentAtMs })
    if (step === 'ping') {
      const payload = this.nextPayload()
      this.#pings ??= new Pings()
      this.#pings.add(payload, Math.max(nowMs, performance.now()))
      this.sendPing(payload)
    } else if (step === 'dead') {
      this.ending.lose(peerIsSilent(keepalive.timeoutMs, nowMs - lastHeardMs))
    }
  }

  protected override excuse(lostMs: number, nowMs: number): void {
    super.excuse(lostMs, nowMs)
    this.#pings?.lose(lostMs, nowMs)
    if (this.readyState !== ReadyState.Open) this.ending.excuse(lostMs, nowMs)
  }
}
