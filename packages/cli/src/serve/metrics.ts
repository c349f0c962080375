import type { IntervalHistogram } from 'node:perf_hooks'
import type { ServerCounts } from 'bothways'
import { delayMs } from './monitor/host-sampler.ts'
import type { SocketIoFront } from './socket-io-front.ts'

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** A value, or values by label. */
  readonly value: number | Readonly<Record<string, number>>
}

/** The Prometheus text format, version 0.0.4. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, type, help, value }) => {
      const samples =
        typeof value === 'number'
          ? `${name} ${value}\n`
          : Object.entries(value)
              .map(([labels, it]) => `${name}{${labels}} ${it}\n`)
              .join('')
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples}`
    })
    .join('')
}

export interface MeasuredServer {
  readonly sockets: { readonly size: number }
  readonly counts: Readonly<ServerCounts>
}

export interface Measured {
  readonly server: MeasuredServer
  readonly socketIo: Pick<SocketIoFront, 'clientCounts' | 'refusalsByReason' | 'closesByReason'>
  /** Requests and upgrades that asked for a host which is not known. */
  readonly foreignHostCount: number
  /** Is reset: each reading covers the time since the one before. */
  readonly delays: IntervalHistogram
}

export function readMetrics({ server, socketIo, foreignHostCount, delays }: Measured): readonly Metric[] {
  const { sockets, counts } = server
  const { rss, heapUsed } = process.memoryUsage()
  const metrics: readonly Metric[] = [
    gauge('bothways_connections', 'WebSocket connections that are open.', sockets.size),
    counter('bothways_connections_total', 'WebSocket connections since the start.', counts.connections),
    counter('bothways_refusals_total', 'Upgrade requests that were refused.', counts.refusals),
    counter('bothways_refusals_by_reason_total', 'The same by reason.', byReason(counts.refusalsByCode)),
    counter(
      'bothways_violations_total',
      'WebSocket connections that ended for a broken rule or a bound.',
      byReason(counts.violationsByCode),
    ),
    counter(
      'bothways_foreign_hosts_total',
      'Requests for hosts that are not known, which were refused.',
      foreignHostCount,
    ),
    counter(
      'bothways_descriptor_shortages_total',
      'How often the process ran out of file descriptors.',
      counts.descriptorShortages,
    ),
    counter('bothways_messages_total', 'WebSocket messages.', {
      'direction="in"': counts.messagesReceived,
      'direction="out"': counts.messagesSent,
    }),
    counter('bothways_bytes_total', 'Payload bytes of WebSocket messages.', {
      'direction="in"': counts.bytesReceived,
      'direction="out"': counts.bytesSent,
    }),
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
