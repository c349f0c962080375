import { cpus, hostname, release, type } from 'node:os'
import type { Route, ServerSocket } from 'bothways'
import type { MonitorHello, MonitorSample } from '../messages.ts'
import { parseObject } from '../parse-object.ts'
import { HostSampler, type SampledServer } from './host-sampler.ts'

export const monitorLimits = { minIntervalMs: 50, maxIntervalMs: 10_000, viewers: 100 } as const

const defaultIntervalMs = 500

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

  constructor(socket: ServerSocket, server: SampledServer) {
    this.#socket = socket
    this.#sampler = new HostSampler(server)
  }

  setInterval(intervalMs: number): void {
    clearInterval(this.#timer)
    this.#send(hello(intervalMs))
    this.#timer = setInterval(() => this.#push(), intervalMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#sampler.stop()
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
      const viewer = new Viewer(socket, server)
      viewers.set(socket, viewer)
      viewer.setInterval(defaultIntervalMs)
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

function hello(intervalMs: number): MonitorHello {
  const all = cpus()
  return {
    type: 'hello',
    hostname: hostname(),
    platform: `${type()} ${release()}`,
    cpuModel: all[0]?.model.trim() ?? '',
    cpuCount: all.length,
    nodeVersion: process.version,
    intervalMs,
  }
}
