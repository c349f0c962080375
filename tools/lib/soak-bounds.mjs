const MiB = 1024 * 1024

/** The bounds of the server under soak, and the memory that it may hold by them (docs/security.md). */
export const bounds = {
  server: {
    maxMessageBytes: MiB,
    maxTotalIncomingBytes: 32 * MiB,
    messageTimeoutMs: 1_000,
    maxTotalBufferedBytes: 32 * MiB,
    maxBufferedBytes: 4 * MiB,
    maxConnections: 500,
    maxPendingHandshakes: 200,
  },
  socketIo: {
    maxHttpBufferSize: 1e6,
    maxBufferedBytes: 4 * MiB,
    maxTotalBufferedBytes: 32 * MiB,
    maxTotalIncomingBytes: 32 * MiB,
    maxSessions: 2_000,
  },
}

/** The memory that inflating and compressing may hold at once, whatever the options. */
const zlibBytes = 2 * 32 * MiB
/** A connection with its queues, or a session, without what they carry. */
const perConnectionBytes = 32 * 1024
/** Garbage that a collection has not reached, code that was compiled meanwhile. */
const slackBytes = 32 * MiB

const { server, socketIo } = bounds
/** The most memory that may be held beyond that of an idle server: heap and array buffers together, in bytes. */
export const mostHeldBytes =
  server.maxTotalBufferedBytes +
  server.maxTotalIncomingBytes +
  socketIo.maxTotalBufferedBytes +
  socketIo.maxTotalIncomingBytes +
  zlibBytes +
  (server.maxConnections + server.maxPendingHandshakes + socketIo.maxSessions) * perConnectionBytes +
  slackBytes
