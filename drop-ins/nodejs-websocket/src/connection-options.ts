import { type ConnectionCompat, type ConnectionSettings, resolveConnectionOptions } from 'bothways/connection'
import * as limits from './limits.ts'

export function settingsOf(role: 'server' | 'client'): ConnectionSettings {
  return resolveConnectionOptions(
    {
      compression: false,
      keepalive: false,
      maxMessageBytes: Number.POSITIVE_INFINITY,
      maxBufferedBytes: limits.maxBufferedBytes,
      closeTimeoutMs: limits.closeTimeoutMs,
      messageTimeoutMs: Number.POSITIVE_INFINITY,
    },
    role,
  )
}

/** In what the connections of nodejs-websocket differ from those of this project. */
export function compatOf(): ConnectionCompat {
  return {
    receiver: {
      delivers: 'frames',
      checksUtf8: false,
      checksCloseCode: false,
      maxFrameBytes: limits.settings.maxBufferLength,
    },
    tcpEndedBy: 'both',
  }
}
