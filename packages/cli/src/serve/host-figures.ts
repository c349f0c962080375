import { cpus, freemem, loadavg, totalmem } from 'node:os'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

/** What a machine and this process do at one moment. */
export interface HostFigures {
  /** Milliseconds since 1970. */
  readonly date: number
  /** Busy share of all processors since the sample before, 0 to 1. */
  readonly cpu: number
  /** Share of one processor that this process used since the sample before; above 1 with several threads. */
  readonly processCpu: number
  /** Bytes. */
  readonly memory: {
    readonly total: number
    readonly free: number
    readonly rss: number
    readonly heapUsed: number
  }
  /** Milliseconds by which the event loop ran late since the sample before. */
  readonly eventLoopDelayMs: { readonly mean: number; readonly p99: number; readonly max: number }
  /** The load averages of 1, 5 and 15 minutes; zeros on Windows. */
  readonly load: readonly number[]
}

const nanosecondsPerMs = 1e6
const delayResolutionMs = 10

/** Measures between one call of {@link sample} and the next. */
export class HostMeter {
  #cpu = cpuTimes()
  #process = process.cpuUsage()
  #sampledAtMs = performance.now()
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: delayResolutionMs })

  constructor() {
    this.#delay.enable()
  }

  sample(): HostFigures {
    const nowMs = performance.now()
    const cpu = cpuTimes()
    const used = process.cpuUsage(this.#process)
    const total = cpu.total - this.#cpu.total
    const busy = cpu.busy - this.#cpu.busy
    const elapsedMs = Math.max(1, nowMs - this.#sampledAtMs)
    const { rss, heapUsed } = process.memoryUsage()
    const figures: HostFigures = {
      date: Date.now(),
      cpu: total > 0 ? busy / total : 0,
      processCpu: (used.user + used.system) / 1_000 / elapsedMs,
      memory: { total: totalmem(), free: freemem(), rss, heapUsed },
      eventLoopDelayMs: {
        mean: lateness(this.#delay.mean),
        p99: lateness(this.#delay.percentile(99)),
        max: lateness(this.#delay.max),
      },
      load: loadavg(),
    }
    this.#cpu = cpu
    this.#process = process.cpuUsage()
    this.#sampledAtMs = nowMs
    this.#delay.reset()
    return figures
  }

  stop(): void {
    this.#delay.disable()
  }
}

/** The histogram holds whole timer periods; an empty one says NaN or its initial extreme. */
function lateness(nanoseconds: number): number {
  const lateMs = nanoseconds / nanosecondsPerMs - delayResolutionMs
  return Number.isFinite(lateMs) ? Math.max(0, lateMs) : 0
}

function cpuTimes(): { readonly busy: number; readonly total: number } {
  let busy = 0
  let total = 0
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq
    total += all
    busy += all - times.idle
  }
  return { busy, total }
}
