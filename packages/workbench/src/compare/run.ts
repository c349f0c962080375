import type { Change, Way, WireBytes } from '../serve-messages.ts'
import { ways } from '../serve-messages.ts'
import { Delays } from './delays.ts'
import type { Figures, WayFigures } from './findings.ts'
import { startWay } from './ways.ts'

interface WayState {
  delays: Delays
  received: number
  requests: number
  emptyAnswers: number
  /** Requests without an answer, and streams and sockets that are open. */
  openCount: number
  value: number | undefined
}

export interface RunHandler {
  pollIntervalMs(): number
  onChanges(way: Way, changes: readonly Change[]): void
}

type Bytes = Readonly<Record<Way, WireBytes>>

/** The four ways at work on one topic, and what each has cost since it began, or since the last reset. */
export class Run {
  /** The name by which the server counts the bytes of this run. */
  readonly meter: string = crypto.getRandomValues(new Uint32Array(3)).join('-')
  readonly #end = new AbortController()
  readonly #states: Readonly<Record<Way, WayState>> = byWay(newState)
  /** The server's count when counting began here; undefined until it tells. */
  #bytesBefore: Bytes | undefined = byWay(() => ({ up: 0, down: 0 }))
  #bytes: Bytes | undefined
  #polledAt: number | undefined

  constructor(topic: string, handler: RunHandler) {
    for (const way of ways) {
      const state = this.#states[way]
      startWay[way]({
        topic,
        meter: this.meter,
        pollIntervalMs: () => handler.pollIntervalMs(),
        signal: this.#end.signal,
        onRequest: () => {
          state.requests++
          state.openCount++
          if (way === 'poll') this.#polledAt = performance.now()
        },
        onEnd: isEmpty => {
          state.openCount--
          if (isEmpty) state.emptyAnswers++
          if (way === 'poll') this.#polledAt = undefined
        },
        onChanges: changes => {
          if (this.#end.signal.aborted) return
          state.value = changes.at(-1)?.value
          handler.onChanges(way, changes)
        },
      })
    }
  }

  /** How long the present request of the polling has been without an answer, in ms. */
  get pollWaitMs(): number {
    return this.#polledAt === undefined ? 0 : performance.now() - this.#polledAt
  }

  end(): void {
    this.#end.abort()
    this.#polledAt = undefined
  }

  /** A change is here. */
  countReceived(way: Way, delayMs: number): void {
    this.#states[way].received++
    this.#states[way].delays.add(delayMs)
  }

  /** Takes the bytes that the server has counted. */
  takeBytes(bytes: Bytes): void {
    this.#bytesBefore ??= bytes
    this.#bytes = bytes
  }

  /** Open requests go on, and are counted as requests again. */
  reset(): void {
    for (const way of ways) {
      const { openCount, value } = this.#states[way]
      Object.assign(this.#states[way], { ...newState(), openCount, value, requests: openCount })
    }
    this.#bytesBefore = undefined
    this.#bytes = undefined
  }

  valueOf(way: Way): number | undefined {
    return this.#states[way].value
  }

  bytesOf(way: Way): WireBytes {
    const [now, before] = [this.#bytes?.[way], this.#bytesBefore?.[way]]
    if (now === undefined || before === undefined) return { up: 0, down: 0 }
    return { up: Math.max(0, now.up - before.up), down: Math.max(0, now.down - before.down) }
  }

  figures(): Figures {
    return byWay((way): WayFigures => {
      const { delays, received, requests, emptyAnswers } = this.#states[way]
      const { up: bytesUp, down: bytesDown } = this.bytesOf(way)
      const [medianMs, p99Ms] = delays.quantiles([0.5, 0.99])
      return { requests, emptyAnswers, bytesUp, bytesDown, received, medianMs, p99Ms }
    })
  }
}

export const noFigures: Figures = byWay(() => ({
  requests: 0,
  emptyAnswers: 0,
  bytesUp: 0,
  bytesDown: 0,
  received: 0,
  medianMs: undefined,
  p99Ms: undefined,
}))

function newState(): WayState {
  return {
    delays: new Delays(),
    received: 0,
    requests: 0,
    emptyAnswers: 0,
    openCount: 0,
    value: undefined,
  }
}

function byWay<Value>(make: (way: Way) => Value): Record<Way, Value> {
  return { poll: make('poll'), longPoll: make('longPoll'), events: make('events'), socket: make('socket') }
}
