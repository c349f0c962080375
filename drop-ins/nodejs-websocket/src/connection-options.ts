import {
  type ConnectionCompat,
  type ConnectionOptions,
  type ConnectionSettings,
  resolveConnectionOptions,
} from 'bothways/connection'
import * as limits from './limits.ts'

const options: ConnectionOptions = {
  compression: false,
  keepalive: false,
  maxMessageBytes: Number.POSITIVE_INFINITY,
  maxBufferedBytes: limits.maxBufferedBytes,
  closeTimeoutMs: limits.closeTimeoutMs,
  messageTimeoutMs: Number.POSITIVE_INFINITY,
}

const settings = {
  server: resolveConnectionOptions(options, 'server'),
  client: resolveConnectionOptions(options, 'client'),
} as const

/** All connections share one object. */
export function settingsOf(role: 'server' | 'client'): ConnectionSettings {
  return settings[role]
}

let lastCompat = compatFor(limits.settings.maxBufferLength)

/** The behaviour of nodejs-websocket's connections where it differs; the same object while nothing changes. */
export function compatOf(): ConnectionCompat {
  const { maxBufferLength } = limits.settings
  if (lastCompat.receiver?.maxFrameBytes !== maxBufferLength) lastCompat = compatFor(maxBufferLength)
  return lastCompat
}

function compatFor(maxFrameBytes: number): ConnectionCompat {
  return {
    receiver: { delivers: 'frames', checksUtf8: false, checksCloseCode: false, maxFrameBytes },
    tcpEndedBy: 'both',
  }
}
