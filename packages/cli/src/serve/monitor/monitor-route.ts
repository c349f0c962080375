import { cpus, hostname, release, type } from 'node:os'
import type { Route, ServerSocket } from 'bothways'
import type { MonitorHello, MonitorSample } from '../messages.ts'
import { parseObject } from '../parse-object.ts'
import { HostSampler, type SampledServer } from './host-sampler.ts'

export const monitorLimits = { minIntervalMs: 50, maxIntervalMs: 10_000, viewers: 100 } as const

const defaultIntervalMs = 500

/** A viewer's wishes for another interval are met so often; of those in between the last one counts, in ms. */
const changeMs = 250

/** A viewer with this much unread gets no more until it has read: old figures are worth nothing. */
const slowReaderBytes = 64 * 1024

/** Undefined when it is no number; else what the limits make of it. */
export function readIntervalMs(message: string | Buffer): number | undefined {
  const request = parseObject(message)
  const intervalMs = request?.type === 'rate' ? request.intervalMs : undefined
  if (typeof intervalMs !== 'number' || !Number.isFinite(intervalMs)) return undefined
  return Math.min(monitorLimits.maxIntervalMs, Math.max(monitorLimits.minIntervalMs, Math.round(intervalMs)))
}

/** Pushes samples of the host to each viewer, at the interval which that viewer asked for. */
class Viewer {
  readonly #socket: ServerSocket
  readonly #sampler: HostSampler
  #timer: NodeJS.Timeout | undefined
  #skipped = 0
  #intervalMs = defaultIntervalMs
  #changeTimer: NodeJS.Timeout | undefined

  constructor(socket: ServerSocket, server: SampledServer) {
    this.#socket = socket
    this.#sampler = new HostSampler(server)
    this.#begin()
  }

  /** Changes the interval, now or when the last change is long enough ago. */
  setInterval(intervalMs: number): void {
    this.#intervalMs = intervalMs
    if (this.#changeTimer === undefined) this.#change()
  }

  stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#changeTimer)
    this.#sampler.stop()
  }

  #change(): void {
    const changed = this.#intervalMs
    this.#begin()
    this.#changeTimer = setTimeout(() => {
      this.#changeTimer = undefined
      if (this.#intervalMs !== changed) this.#change()
    }, changeMs)
  }

  #begin(): void {
    clearInterval(this.#timer)
    this.#send({ ...machine(), type: 'hello', intervalMs: this.#intervalMs })
    this.#timer = setInterval(() => this.#push(), this.#intervalMs)
  }

  #push(): void {
    if (this.#socket.bufferedAmount > slowReaderBytes) {
      this.#skipped++
      return
    }
    this.#send(this.#sampler.take(this.#skipped))
    this.#skipped = 0
  }

  #send(event: MonitorHello | MonitorSample): void {
    this.#socket.send(JSON.stringify(event))
  }
}

export function monitorRoute(server: SampledServer): Route<undefined> {
  const viewers = new Map<ServerSocket, Viewer>()
  return {
    open(socket) {
      if (viewers.size >= monitorLimits.viewers) {
        socket.close(1013, 'Too many viewers.')
        return
      }
      viewers.set(socket, new Viewer(socket, server))
    },
    message(socket, message) {
      const intervalMs = readIntervalMs(message)
      if (intervalMs === undefined) {
        socket.send('{"type":"error","text":"Send {\\"type\\":\\"rate\\",\\"intervalMs\\":50…10000}."}')
      } else {
        viewers.get(socket)?.setInterval(intervalMs)
      }
    },
    close(socket) {
      viewers.get(socket)?.stop()
      viewers.delete(socket)
    },
  }
}

let known: Omit<MonitorHello, 'type' | 'intervalMs'> | undefined

/** What does not change, and is read from the system once. */
function machine(): Omit<MonitorHello, 'type' | 'intervalMs'> {
  if (known === undefined) {
    const all = cpus()
    known = {
      hostname: hostname(),
      platform: `${type()} ${release()}`,
      cpuModel: all[0]?.model.trim() ?? '',
      cpuCount: all.length,
      nodeVersion: process.version,
    }
  }
  return known
}
