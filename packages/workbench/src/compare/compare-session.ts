import { type Client, type ConnectionState, createClient } from '@bothways/client'
import { FrameSignal } from '../connection/frame-signal.ts'
import { serverUrl } from '../connection/server-url.ts'
import { type Change, type FiguresMethods, figuresPath, type Way, ways } from '../serve-messages.ts'
import { ClockOffset } from './clock-offset.ts'
import { DelayTable } from './delay-table.ts'
import { bytesOf, type Figures, type Hindrance } from './findings.ts'
import { takePlace } from './places.ts'
import { noFigures, Run } from './run.ts'

const byteRowLimit = 600
const clockIntervalMs = 5_000
const trafficIntervalMs = 500

/** One after the other at the start: the best of them is good. */
const firstReadings = 8

/** By then a change has come all ways but by polling, in ms. */
const drawLaterMs = 50

/** A slider passes many rates: the ways begin anew when it has come to rest for so long, in ms. */
const restMs = 300

interface FiguresContract {
  readonly methods: FiguresMethods
}

const stopped: ConnectionState = {
  status: 'closed',
  transport: undefined,
  reason: undefined,
  nextTryAt: undefined,
}

/** The page's end of the comparison: runs the four ways as long as it has a connection, and keeps the figures. */
export class CompareSession {
  readonly signal: FrameSignal = new FrameSignal()
  readonly delayTable: DelayTable = new DelayTable()
  /** Time, then the bytes of each way so far. */
  readonly byteColumns: number[][] = [[], [], [], [], []]
  connection: ConnectionState = stopped
  pollIntervalMs = 500
  /** Too many windows compare already: this one waits. */
  #isCrowded = false
  /** Requests to this server reach now one process, now another. */
  #isScattered = false
  #perSecond = 1
  #clock = new ClockOffset()
  /** Besides the four ways: the server's clock, and the bytes that it has counted. */
  #client: Client<FiguresContract> | undefined
  #run: Run | undefined
  #figures = noFigures
  #leave = new AbortController()
  #timers: ReturnType<typeof setInterval>[] = []
  #restTimer: ReturnType<typeof setTimeout> | undefined

  get isRunning(): boolean {
    return this.#client !== undefined
  }

  /** Why nothing is compared now. */
  get hindrance(): Hindrance | undefined {
    const { status } = this.connection
    if (this.isRunning && status !== 'open' && status !== 'connecting') return 'away'
    if (this.#isScattered) return 'scattered'
    return this.#isCrowded ? 'crowded' : undefined
  }

  get clockUncertaintyMs(): number | undefined {
    return this.#clock.isKnown ? this.#clock.uncertaintyMs : undefined
  }

  get pollWaitMs(): number {
    return this.#run?.pollWaitMs ?? 0
  }

  start(): void {
    if (this.isRunning) return
    const client = createClient<FiguresContract>(serverUrl(figuresPath.slice(1)))
    this.#client = client
    this.#take(client.connection)
    client.on('status', connection => this.#take(connection))
  }

  stop(): void {
    this.#client?.close()
    this.#client = undefined
    this.#take(stopped)
  }

  /** Everything counts from zero again; the connections stay. */
  reset(): void {
    this.#clear()
    this.#run?.reset()
    void this.#askTraffic()
    this.signal.request()
  }

  /** Other changes are another topic: everything begins anew. */
  setRate(perSecond: number): void {
    if (perSecond === this.#perSecond) return
    this.#perSecond = perSecond
    clearTimeout(this.#restTimer)
    this.#restTimer = setTimeout(() => {
      if (this.#run === undefined) return
      this.#run.end()
      this.#begin()
    }, restMs)
  }

  retryNow(): void {
    this.#client?.connect()
  }

  figures(): Figures {
    if (this.#run !== undefined) this.#figures = this.#run.figures()
    return this.#figures
  }

  valueOf(way: Way): number | undefined {
    return this.#run?.valueOf(way)
  }

  #take(connection: ConnectionState): void {
    const wasOpen = this.connection.status === 'open'
    this.connection = connection
    const isOpen = connection.status === 'open'
    if (wasOpen && !isOpen) this.#pause()
    if (!wasOpen && isOpen) void this.#resume()
    this.signal.request()
  }

  #pause(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    this.#leave.abort()
    this.#isCrowded = false
    this.#figures = this.figures()
    this.#run?.end()
    this.#run = undefined
  }

  async #resume(): Promise<void> {
    const leave = new AbortController()
    this.#leave = leave
    const hasPlace = await takePlace(leave.signal, () => {
      this.#isCrowded = true
      this.signal.request()
    })
    if (!hasPlace) return
    this.#isCrowded = false
    this.#isScattered = (await this.#client?.request('isOneOfMany', null).catch(() => undefined)) === true
    if (this.#isScattered) {
      this.#leave.abort()
      this.signal.request()
      return
    }
    this.#clock = new ClockOffset()
    // A delay needs both clocks: nothing is asked for before they are compared.
    for (let count = 0; count < firstReadings; count++) await this.#askTime()
    if (leave.signal.aborted) return
    this.#timers.push(
      setInterval(() => void this.#askTime(), clockIntervalMs),
      setInterval(() => void this.#askTraffic(), trafficIntervalMs),
    )
    this.#begin()
  }

  #begin(): void {
    this.#clear()
    this.#run = new Run(`changes/${this.#perSecond}`, {
      pollIntervalMs: () => this.pollIntervalMs,
      onChanges: (way, changes) => this.#count(way, changes),
    })
    this.signal.request()
  }

  async #askTime(): Promise<void> {
    const sent = now()
    const date = await this.#client?.request('time', null).catch(() => undefined)
    if (date !== undefined) this.#clock.add(sent, date, now())
  }

  async #askTraffic(): Promise<void> {
    const run = this.#run
    if (run === undefined) return
    const bytes = await this.#client?.request('traffic', run.meter).catch(() => undefined)
    if (bytes === undefined || run !== this.#run) return
    run.takeBytes(bytes)
    this.#addByteRow(run.figures())
    this.signal.request()
  }

  #count(way: Way, changes: readonly Change[]): void {
    const date = now() + this.#clock.offsetMs
    for (const change of changes) {
      const delayMs = Math.max(0, date - change.date)
      this.#run?.countReceived(way, delayMs)
      this.delayTable.add(change, ways.indexOf(way), delayMs)
    }
    // Later: drawing what came first would hold up what is to be measured next.
    setTimeout(() => this.signal.request(), drawLaterMs)
  }

  #addByteRow(figures: Figures): void {
    const row = [Date.now() / 1_000, ...ways.map(way => bytesOf(figures[way]))]
    this.byteColumns.forEach((column, at) => {
      column.push(row[at] ?? 0)
      if (column.length > byteRowLimit) column.shift()
    })
  }

  #clear(): void {
    this.#figures = noFigures
    this.delayTable.clear()
    for (const column of this.byteColumns) column.length = 0
  }
}

/** Milliseconds since 1970 with fractions, which Date.now() has not. */
function now(): number {
  return performance.timeOrigin + performance.now()
}
