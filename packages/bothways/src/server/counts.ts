import type { EndingCode, RefusalCode } from './error-codes.ts'

/** The counts of a server since it was made. Bytes are those of payloads, without frame headers, before compression. */
export interface ServerCounts {
  /** Connections that were opened, those that have ended included. */
  connections: number
  /** Upgrade requests that were refused, and connections that were closed before they made one. */
  refusals: number
  /** The same by reason; reasons that never were are not there. */
  refusalsByCode: Partial<Record<RefusalCode, number>>
  /** Connections that ended because the client broke a rule of the protocol, or a bound was reached. */
  violations: number
  violationsByCode: Partial<Record<EndingCode, number>>
  /** How often the process has run out of file descriptors, as far as it was seen. */
  descriptorShortages: number
  messagesReceived: number
  bytesReceived: number
  /** Messages handed to open sockets, whether or not a full queue takes them; a publish counts for each subscriber. */
  messagesSent: number
  bytesSent: number
}

export function noCounts(): ServerCounts {
  return {
    connections: 0,
    refusals: 0,
    refusalsByCode: {},
    violations: 0,
    violationsByCode: {},
    descriptorShortages: 0,
    messagesReceived: 0,
    bytesReceived: 0,
    messagesSent: 0,
    bytesSent: 0,
  }
}
