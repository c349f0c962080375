import type { Route, ServerCounts, ServerSocket } from 'bothways'
import { type HostFigures, HostMeter } from './host-figures.ts'

/** What the monitor pushes to each viewer, at the rate that viewer has set. */
export interface MonitorSample extends HostFigures {
  readonly type: 'sample'
  /** WebSocket connections open now. */
  readonly connections: number
  readonly messagesPerSecond: { readonly in: number; readonly out: number }
  readonly bytesPerSecond: { readonly in: number; readonly out: number }
}

export const monitorLimits = {
  lowestIntervalMs: 50,
  highestIntervalMs: 10_000,
  defaultIntervalMs: 1_000,
} as const

/** Above this a viewer reads more slowly than it asked to be told: samples are left out, never queued up. */
const lateBytes = 16 * 1024

export interface MonitoredServer {
  readonly sockets: { readonly size: number }
  readonly counts: Readonly<ServerCounts>
}

/** Real figures of this host and this server, pushed. A viewer sends `{"type":"rate","intervalMs":200}`. */
export function monitorRoute(server: MonitoredServer): Route<undefined> {
  const viewers = new Map<ServerSocket, Viewer>()
  return {
    open(socket) {
      const viewer = new Viewer(socket, server)
      viewers.set(socket, viewer)
      viewer.setInterval(monitorLimits.defaultIntervalMs)
    },
    message(socket, message) {
      const intervalMs = parseRate(String(message))
      if (intervalMs === undefined) {
        const { lowestIntervalMs, highestIntervalMs } = monitorLimits
        const text = `Send {"type":"rate","intervalMs":N} with N from ${lowestIntervalMs} to ${highestIntervalMs}.`
        socket.send(JSON.stringify({ type: 'error', code: 'bad-rate', text }))
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

class Viewer {
  readonly #socket: ServerSocket
  readonly #server: MonitoredServer
  readonly #meter = new HostMeter()
  #counts: ServerCounts
  #countedAtMs = performance.now()
  #timer: NodeJS.Timeout | undefined

  constructor(socket: ServerSocket, server: MonitoredServer) {
    this.#socket = socket
    this.#server = server
    this.#counts = { ...server.counts }
  }

  setInterval(intervalMs: number): void {
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#push(), intervalMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#meter.stop()
  }

  #push(): void {
    if (this.#socket.bufferedAmount > lateBytes) return
    const { counts, sockets } = this.#server
    const before = this.#counts
    const nowMs = performance.now()
    const seconds = Math.max(0.001, (nowMs - this.#countedAtMs) / 1_000)
    const sample: MonitorSample = {
      type: 'sample',
      ...this.#meter.sample(),
      connections: sockets.size,
      messagesPerSecond: {
        in: (counts.messagesReceived - before.messagesReceived) / seconds,
        out: (counts.messagesSent - before.messagesSent) / seconds,
      },
      bytesPerSecond: {
        in: (counts.bytesReceived - before.bytesReceived) / seconds,
        out: (counts.bytesSent - before.bytesSent) / seconds,
      },
    }
    this.#counts = { ...counts }
    this.#countedAtMs = nowMs
    this.#socket.send(JSON.stringify(sample))
  }
}

function parseRate(text: string): number | undefined {
  try {
    const { type, intervalMs } = JSON.parse(text) ?? {}
    const { lowestIntervalMs, highestIntervalMs } = monitorLimits
    const isRate = type === 'rate' && intervalMs >= lowestIntervalMs && intervalMs <= highestIntervalMs
    return isRate ? Number(intervalMs) : undefined
  } catch {
    return undefined
  }
}
