import type { IntervalHistogram } from 'node:perf_hooks'
import { type MeasuredServer, type Metric, serverMetrics } from 'bothways'
import { delayMs } from './monitor/host-sampler.ts'
import type { ServeSocketIo } from './serve-socket-io.ts'

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

export interface Measured {
  readonly server: MeasuredServer
  readonly socketIo: Pick<ServeSocketIo, 'clientCounts' | 'refusalsByReason' | 'closesByReason'>
  /** Requests and upgrades that asked for a host which is not known. */
  readonly foreignHostCount: number
  /** Is reset: each reading covers the time since the one before. */
  readonly delays: IntervalHistogram
}

export function readMetrics({ server, socketIo, foreignHostCount, delays }: Measured): readonly Metric[] {
  const { rss, heapUsed } = process.memoryUsage()
  const metrics: readonly Metric[] = [
    ...serverMetrics(server),
    counter(
      'bothways_foreign_hosts_total',
      'Requests for hosts that are not known, which were refused.',
      foreignHostCount,
    ),
    gauge('bothways_socket_io_clients', 'Socket.IO clients, which no other figure counts.', {
      'transport="polling"': socketIo.clientCounts.polling,
      'transport="websocket"': socketIo.clientCounts.websocket,
    }),
    counter(
      'bothways_socket_io_refusals_total',
      'Requests that Socket.IO has refused.',
      byReason(socketIo.refusalsByReason),
    ),
    counter(
      'bothways_socket_io_closes_total',
      'Clients of Socket.IO that are gone.',
      byReason(socketIo.closesByReason),
    ),
    gauge('bothways_uptime_seconds', 'Time since the process began.', process.uptime()),
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Memory that JavaScript objects use.', heapUsed),
    gauge('nodejs_eventloop_lag_seconds', 'Delay of the event loop since the last reading.', {
      'stat="mean"': delayMs(delays.mean) / 1_000,
      'stat="p99"': delayMs(delays.percentile(99)) / 1_000,
      'stat="max"': delayMs(delays.max) / 1_000,
    }),
  ]
  delays.reset()
  return metrics
}

/** The samples of reasons, which are error codes, or texts such as `Unknown transport`. */
function byReason(counts: Readonly<Partial<Record<string, number>>>): Record<string, number> {
  const entries = Object.entries(counts).map(([reason, count = 0]) => [
    `reason="${reason.replaceAll(/\W+/g, '_')}"`,
    count,
  ])
  return Object.fromEntries(entries)
}

function gauge(name: string, help: string, value: Metric['value']): Metric {
  return { name, type: 'gauge', help, value }
}

function counter(name: string, help: string, value: Metric['value']): Metric {
  return { name, type: 'counter', help, value }
}
