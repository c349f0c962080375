/** What a server has done since it was made. Payload bytes, without frame headers, before compression. */
export interface ServerCounts {
  /** Connections that were opened, those that have ended included. */
  connections: number
  /** Upgrade requests that were refused. */
  refusals: number
  messagesReceived: number
  bytesReceived: number
  /** A publish counts once for each subscriber it was sent to. */
  messagesSent: number
  bytesSent: number
}

export function noCounts(): ServerCounts {
  return {
    connections: 0,
    refusals: 0,
    messagesReceived: 0,
    bytesReceived: 0,
    messagesSent: 0,
    bytesSent: 0,
  }
}
