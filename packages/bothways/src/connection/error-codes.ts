/** The bounds of open connections, besides those of the receiver, by the options that set them. */
export const connectionLimits = {
  messageTimeoutMs: { code: 'BW_MESSAGE_TOO_SLOW', unit: 'milliseconds' },
  'keepalive.timeoutMs': { code: 'BW_PEER_SILENT', unit: 'milliseconds' },
  maxMessagesPerSecond: { code: 'BW_TOO_FAST', unit: 'messages' },
  maxBytesPerSecond: { code: 'BW_TOO_FAST', unit: 'bytes' },
  maxBufferedBytes: { code: 'BW_SEND_QUEUE_FULL', unit: 'bytes' },
  maxTotalBufferedBytes: { code: 'BW_SEND_QUEUES_FULL', unit: 'bytes' },
  maxTotalIncomingBytes: { code: 'BW_RECEIVED_TOO_MUCH', unit: 'bytes' },
} as const

/** Wrong calls, besides those of the protocol. */
export const connectionUsageCodes = ['BW_UNKNOWN_OPTION', 'BW_INVALID_ARGUMENT'] as const
