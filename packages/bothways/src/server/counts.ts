/** What a server has done since it was made. Payload bytes, without frame headers, before compression. */
export interface ServerCounts {
  /** Connections that were opened, those that have ended included. */
  connections: number
  /** Upgrade requests that were refused. */
  refusals: number
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
    messagesReceived: 0,
    bytesReceived: 0,
    messagesSent: 0,
    bytesSent: 0,
  }
}
