import type { ServerCounts } from './counts.ts'

/** One metric of Prometheus. */
export interface Metric {
  /** Letters, digits and underscores. */
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** A value, or values by their labels as they are written: `direction="in"`. */
  readonly value: number | Readonly<Record<string, number>>
}

/** The parts of a `Server` that its metrics are read from. */
export interface MeasuredServer {
  readonly sockets: ReadonlySet<{ readonly bufferedAmount: number }>
  readonly counts: Readonly<ServerCounts>
}

/**
 * The Prometheus text format, version 0.0.4: the body of an answer to `/metrics`, whose `Content-Type` is
 * `text/plain; version=0.0.4; charset=utf-8`.
 */
export function formatMetrics(metrics: Iterable<Metric>): string {
  return Array.from(metrics, ({ name, type, help, value }) => {
    const samples =
      typeof value === 'number'
        ? `${name} ${value}\n`
        : Object.entries(value)
            .map(([labels, it]) => `${name}{${labels}} ${it}\n`)
            .join('')
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples}`
  }).join('')
}

/** The metrics of a server for Prometheus: its counts, and its connections of now. */
export function serverMetrics({ sockets, counts }: MeasuredServer): Metric[] {
  return [
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
    gauge('bothways_buffered_bytes', 'Bytes that wait for slow readers.', buffered(sockets)),
  ]
}

function buffered(sockets: MeasuredServer['sockets']): number {
  let bytes = 0
  for (const socket of sockets) bytes += socket.bufferedAmount
  return bytes
}

function byReason(counts: Readonly<Partial<Record<string, number>>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([code, count = 0]) => [`reason="${code}"`, count]))
}

function gauge(name: string, help: string, value: Metric['value']): Metric {
  return { name, type: 'gauge', help, value }
}

function counter(name: string, help: string, value: Metric['value']): Metric {
  return { name, type: 'counter', help, value }
}
