import { cpus, freemem, hostname, loadavg, release, totalmem, type } from 'node:os'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Host, HostSample } from '../messages.ts'

/** The event loop's timer fires this often; the time that it needs longer is the delay. */
const resolutionMs = 10

/** The server whose traffic is sampled. */
export interface SampledServer {
  readonly sockets: { readonly size: number }
  readonly counts: { readonly messagesReceived: number; readonly messagesSent: number }
}

export interface CpuTimes {
  readonly busyMs: number
  readonly totalMs: number
}

/** Reads the figures of this host. Rates are over the time since the sample before. */
export class HostSampler {
  readonly #server: SampledServer
  readonly #delays: IntervalHistogram
  #cpuTimes = readCpuTimes().times
  #processCpu = process.cpuUsage()
  #messagesIn: number
  #messagesOut: number
  #takenAt = performance.now()
  #sequence = 0

  constructor(server: SampledServer) {
    this.#server = server
    this.#messagesIn = server.counts.messagesReceived
    this.#messagesOut = server.counts.messagesSent
    this.#delays = monitorEventLoopDelay({ resolution: resolutionMs })
    this.#delays.enable()
  }

  take(): HostSample {
    const now = performance.now()
    const elapsedMs = Math.max(1, now - this.#takenAt)
    const { times: cpuTimes, count: cpuCount } = readCpuTimes()
    const processCpu = process.cpuUsage()
    const { messagesReceived: messagesIn, messagesSent: messagesOut } = this.#server.counts
    const processMs =
      (processCpu.user + processCpu.system - this.#processCpu.user - this.#processCpu.system) / 1_000
    const { rss, heapUsed } = process.memoryUsage()
    const total = totalmem()
    const [load1 = 0, load5 = 0, load15 = 0] = loadavg()
    const sample: HostSample = {
      sequence: ++this.#sequence,
      date: Date.now(),
      host: readHost(),
      cpu: {
        host: busyShare(this.#cpuTimes, cpuTimes),
        process: processMs / elapsedMs / Math.max(1, cpuCount),
      },
      memory: { total, used: total - freemem(), rss, heapUsed },
      eventLoopDelayMs: {
        mean: delayMs(this.#delays.mean),
        p99: delayMs(this.#delays.percentile(99)),
        max: delayMs(this.#delays.max),
      },
      connections: this.#server.sockets.size,
      messagesPerSecond: {
        in: ((messagesIn - this.#messagesIn) * 1_000) / elapsedMs,
        out: ((messagesOut - this.#messagesOut) * 1_000) / elapsedMs,
      },
      load: [load1, load5, load15],
      uptimeSeconds: process.uptime(),
    }
    this.#delays.reset()
    this.#cpuTimes = cpuTimes
    this.#processCpu = processCpu
    this.#messagesIn = messagesIn
    this.#messagesOut = messagesOut
    this.#takenAt = now
    return sample
  }

  stop(): void {
    this.#delays.disable()
  }
}

/** Between two readings, 0 to 1. The system counts in ticks of 10 ms: 0 when none has passed. */
export function busyShare(before: CpuTimes, after: CpuTimes): number {
  const total = after.totalMs - before.totalMs
  if (total <= 0) return 0
  return Math.min(1, Math.max(0, (after.busyMs - before.busyMs) / total))
}

/** Node's histogram holds nanoseconds between two firings; NaN and 2^63 stand for "none yet". */
export function delayMs(nanoseconds: number): number {
  const ms = nanoseconds / 1e6 - resolutionMs
  return Number.isFinite(ms) && ms > 0 && ms < 1e9 ? ms : 0
}

interface CpuReading {
  readonly atMs: number
  readonly times: CpuTimes
  readonly count: number
}

let lastReading: CpuReading | undefined

/** At most this old, in ms: reading takes up to a millisecond, and there may be many viewers. */
const freshMs = 20

function readCpuTimes(): CpuReading {
  const now = performance.now()
  if (lastReading !== undefined && now - lastReading.atMs < freshMs) return lastReading
  const all = cpus()
  let busyMs = 0
  let totalMs = 0
  for (const { times } of all) {
    const busy = times.user + times.nice + times.sys + times.irq
    busyMs += busy
    totalMs += busy + times.idle
  }
  lastReading = { atMs: now, times: { busyMs, totalMs }, count: all.length }
  return lastReading
}

let host: Host | undefined

/** Read from the system once. */
function readHost(): Host {
  if (host === undefined) {
    const all = cpus()
    host = {
      hostname: hostname(),
      platform: `${type()} ${release()}`,
      cpuModel: all[0]?.model.trim() ?? '',
      cpuCount: all.length,
      nodeVersion: process.version,
    }
  }
  return host
}
