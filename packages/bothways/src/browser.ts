// The part of this package in a bundle for browsers: one sentence instead of a list of modules of Node.js that are missing.

const advice =
  'The package bothways is for servers and for clients in Node.js: in a browser use the built-in WebSocket, new WebSocket(url), and leave this import out of the bundle.'

throw new Error(advice)

function unavailable(): never {
  throw new Error(advice)
}

export {
  unavailable as topicsRoute,
  unavailable as TopicsHttp,
  unavailable as MemoryBroker,
  unavailable as HubError,
  unavailable as Meeting,
  unavailable as carryTopics,
  unavailable as createHub,
  unavailable as CloseCode,
  unavailable as CloseEvent,
  unavailable as ConnectionClosedError,
  unavailable as createServer,
  unavailable as formatMetrics,
  unavailable as HandshakeError,
  unavailable as isBothwaysError,
  unavailable as isSendableCloseCode,
  unavailable as LimitError,
  unavailable as MessageEvent,
  unavailable as maxCloseReasonBytes,
  unavailable as Opcode,
  unavailable as ProtocolViolation,
  unavailable as ReadyState,
  unavailable as refuse,
  unavailable as Server,
  unavailable as ServerSocket,
  unavailable as serverMetrics,
  unavailable as startWorkers,
  unavailable as UsageError,
  unavailable as WebSocket,
  unavailable as WebSocketError,
  unavailable as WebSocketErrorEvent,
  unavailable as WebSocketStream,
  unavailable as workerBroker,
}
