import { FrameSignal } from '../connection/frame-signal.ts'
import { PageSocket, type PageSocketStatus } from '../connection/page-socket.ts'
import type { Change, CompareEvent, CompareRequest, Way, WayTraffic } from '../serve-messages.ts'
import { ClockOffset } from './clock-offset.ts'
import { DelayTable } from './delay-table.ts'
import { Delays } from './delays.ts'
import { bytesOf, type Figures, type WayFigures } from './findings.ts'
import { wayNames } from './way-names.ts'
import { startWay } from './ways.ts'

const byteRowLimit = 600
const clockIntervalMs = 5_000

/** One after the other at the start: the best of them is good. */
const firstReadings = 8

interface WayState {
  readonly delays: Delays
  received: number
  value: number | undefined
}

/** The page's end of the comparison: runs the four ways as long as it has a connection, and keeps the figures. */
export class CompareSession {
  readonly signal: FrameSignal = new FrameSignal()
  readonly delayTable: DelayTable = new DelayTable()
  /** Time, then the bytes of each way so far. */
  readonly byteColumns: number[][] = [[], [], [], [], []]
  status: PageSocketStatus = { name: 'closed' }
  pollIntervalMs = 500
  #perSecond = 1
  #states = newStates()
  #traffic: Readonly<Record<Way, WayTraffic>> | undefined
  #clock = new ClockOffset()
  #control: PageSocket | undefined
  #ways: AbortController | undefined
  #clockTimer: ReturnType<typeof setInterval> | undefined
  #hello: Extract<CompareEvent, { type: 'hello' }> | undefined
  #undrawn: { way: Way; change: Change }[] = []
  #polledAt: number | undefined

  get isRunning(): boolean {
    return this.#control !== undefined
  }

  get clockUncertaintyMs(): number | undefined {
    return this.#clock.isKnown ? this.#clock.uncertaintyMs : undefined
  }

  /** How long the present request of the polling has been without an answer. */
  get pollWaitMs(): number {
    return this.#polledAt === undefined ? 0 : now() - this.#polledAt
  }

  start(): void {
    if (this.isRunning) return
    this.#clear()
    this.#control = new PageSocket({
      path: 'compare/control',
      onOpen: () => this.#tell({ type: 'rate', perSecond: this.#perSecond }),
      onMessage: message => this.#take(message as CompareEvent),
      onStatus: status => {
        this.status = status
        if (status.name !== 'open') this.#stopWays()
        this.signal.request()
      },
    })
  }

  stop(): void {
    this.#stopWays()
    this.#control?.close()
    this.#control = undefined
    this.signal.request()
  }

  /** Everything counts from zero again; the connections stay. */
  reset(): void {
    this.#clear()
    this.#tell({ type: 'reset' })
    this.signal.request()
  }

  setRate(perSecond: number): void {
    this.#perSecond = perSecond
    this.#tell({ type: 'rate', perSecond })
  }

  retryNow(): void {
    this.#control?.retryNow()
  }

  figures(): Figures {
    const entries = wayNames.map((way): [Way, WayFigures] => {
      const { delays, received } = this.#states[way]
      const [medianMs, p99Ms] = delays.quantiles([0.5, 0.99])
      return [way, { ...noTraffic, ...this.#traffic?.[way], received, medianMs, p99Ms }]
    })
    return Object.fromEntries(entries) as Record<Way, WayFigures>
  }

  valueOf(way: Way): number | undefined {
    return this.#states[way].value
  }

  #tell(request: CompareRequest): void {
    this.#control?.send(request)
  }

  #take(event: CompareEvent): void {
    switch (event.type) {
      case 'hello':
        this.#hello = event
        this.#clock = new ClockOffset()
        this.#askTime()
        this.#clockTimer = setInterval(() => this.#askTime(), clockIntervalMs)
        break
      case 'time':
        this.#clock.add(event.sent, event.date, now())
        if (this.#clock.count < firstReadings) this.#askTime()
        // A delay needs both clocks: nothing is asked for before they are compared.
        if (this.#clock.count >= firstReadings) this.#startWays()
        break
      case 'traffic':
        this.#traffic = event.ways
        this.#addByteRow(event.ways)
        break
    }
    this.signal.request()
  }

  #askTime(): void {
    this.#tell({ type: 'time', sent: now() })
  }

  #startWays(): void {
    if (this.#ways !== undefined || this.#hello === undefined) return
    const ways = new AbortController()
    this.#ways = ways
    for (const way of wayNames) {
      startWay[way]({
        viewer: this.#hello.viewer,
        after: this.#hello.sequence,
        pollIntervalMs: () => this.pollIntervalMs,
        signal: ways.signal,
        onPoll: isWaiting => {
          this.#polledAt = isWaiting ? now() : undefined
        },
        onChanges: changes => {
          if (!ways.signal.aborted) this.#draw(way, changes)
        },
      })
    }
  }

  #stopWays(): void {
    clearInterval(this.#clockTimer)
    this.#ways?.abort()
    this.#ways = undefined
    this.#polledAt = undefined
    this.#hello = undefined
  }

  /** A change has arrived; it counts when the frame that shows it is drawn. */
  #draw(way: Way, changes: readonly Change[]): void {
    if (this.#undrawn.length === 0) requestAnimationFrame(() => this.#countDrawn())
    for (const change of changes) this.#undrawn.push({ way, change })
    this.#states[way].value = changes.at(-1)?.value
    this.signal.request()
  }

  #countDrawn(): void {
    const date = now() + this.#clock.offsetMs
    for (const { way, change } of this.#undrawn) {
      const delayMs = Math.max(0, date - change.date)
      this.#states[way].received++
      this.#states[way].delays.add(delayMs)
      this.delayTable.add(change, wayNames.indexOf(way), delayMs)
    }
    this.#undrawn = []
    this.signal.request()
  }

  #addByteRow(ways: Readonly<Record<Way, WayTraffic>>): void {
    const row = [Date.now() / 1_000, ...wayNames.map(way => bytesOf(ways[way]))]
    this.byteColumns.forEach((column, at) => {
      column.push(row[at] ?? 0)
      if (column.length > byteRowLimit) column.shift()
    })
  }

  #clear(): void {
    this.#states = newStates()
    this.#traffic = undefined
    this.#undrawn = []
    this.delayTable.clear()
    for (const column of this.byteColumns) column.length = 0
  }
}

const noTraffic: WayTraffic = { requests: 0, emptyAnswers: 0, bytesUp: 0, bytesDown: 0 }

function newStates(): Record<Way, WayState> {
  const state = (): WayState => ({ delays: new Delays(), received: 0, value: undefined })
  return { poll: state(), longPoll: state(), events: state(), socket: state() }
}

/** Milliseconds since 1970 with fractions, which Date.now() has not. */
function now(): number {
  return performance.timeOrigin + performance.now()
}
