import { constants } from 'node:buffer'
import { type ConnectionCompat, type ConnectionSettings, resolveConnectionOptions } from 'bothways/connection'
import type { IConfig } from './types.ts'

/** A message in more frames is refused: each costs time, also one that carries nothing. */
const maxFragmentCount = 128 * 1024

/** The longest time that `setTimeout` takes. */
const longestTimerMs = 2 ** 31 - 1

/** @param highWaterMark of the socket, in bytes */
export function settingsOf(
  config: IConfig,
  highWaterMark: number,
  role: 'server' | 'client',
): ConnectionSettings {
  const frameBytes = limit(config.maxReceivedFrameSize)
  const messageBytes = limit(config.maxReceivedMessageSize)
  return resolveConnectionOptions(
    {
      compression: false,
      // One frame is measured by its own limit alone.
      maxMessageBytes: messageLimit(
        config.assembleFragments ? Math.max(frameBytes, messageBytes) : frameBytes,
      ),
      messageTimeoutMs: Number.POSITIVE_INFINITY,
      closeTimeoutMs: Math.min(limit(config.closeTimeout), longestTimerMs),
      keepalive: false,
      maxBufferedBytes: Number.POSITIVE_INFINITY,
      // As a stream: full when it holds as much as its mark.
      highWaterMarkBytes: Math.max(0, highWaterMark - 1),
    },
    role,
  )
}

/** The behaviour of websocket's connections where it differs. */
export function compatOf(config: IConfig): ConnectionCompat {
  return {
    receiver: {
      delivers: config.assembleFragments ? 'messages' : 'frames',
      maxFrameBytes: limit(config.maxReceivedFrameSize),
      maxFragmentCount,
    },
    answersPings: false,
    unread: 'keep',
    tcpEndedBy: 'both',
  }
}

/** The core's bound for messages: text has to fit into a string. */
function messageLimit(byteLength: number): number {
  return byteLength > constants.MAX_STRING_LENGTH ? Number.POSITIVE_INFINITY : byteLength
}

/** A setting as a bound: a value that is no number bounds nothing. */
function limit(value: number | undefined): number {
  if (typeof value !== 'number' || Number.isNaN(value) || value > Number.MAX_SAFE_INTEGER) {
    return Number.POSITIVE_INFINITY
  }
  return Math.max(0, Math.floor(value))
}
