/** The bounds of connections and handshakes, by the options that set them, and the status of the refusal. */
export const admissionLimits = {
  maxConnections: { code: 'BW_TOO_MANY_CONNECTIONS', unit: 'connections', status: 503 },
  maxConnectionsPerAddress: {
    code: 'BW_TOO_MANY_CONNECTIONS_FROM_ADDRESS',
    unit: 'connections',
    status: 429,
  },
} as const

/** Codes of refusals for other reasons than a breach of RFC 6455; docs/explanation/architecture.md names where each has its status. */
export const refusalCodes = [
  'BW_NO_ROUTE',
  'BW_ORIGIN_REFUSED',
  'BW_SUBPROTOCOL_UNSUPPORTED',
  'BW_AUTHENTICATION_REFUSED',
  'BW_AUTHENTICATION_FAILED',
  'BW_SERVER_DRAINING',
  'BW_HANDSHAKE_TIMEOUT',
  'BW_TOO_MANY_HANDSHAKES',
  'BW_TOO_MANY_PENDING_HANDSHAKES',
  'BW_REQUEST_UNREADABLE',
] as const

/** Codes of a handshake's failures on the server's own side. */
export const exchangeFailureCodes = ['BW_UPGRADE_ANSWERED_TWICE'] as const
