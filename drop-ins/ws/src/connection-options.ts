import { Buffer } from 'node:buffer'
import { type ConnectionCompat, type ConnectionSettings, resolveConnectionOptions } from 'bothways/connection'
import type { PerMessageDeflate } from './permessage-deflate.ts'
import type { SocketOptions } from './socket-state.ts'

/** The largest message that could become a string, in bytes. */
const largestMessageBytes = resolveConnectionOptions({ maxMessageBytes: Infinity }, 'server').maxMessageBytes

const usual = resolveConnectionOptions({ keepalive: false, messageTimeoutMs: Infinity }, 'server')

type Compression = Exclude<ConnectionSettings['compression'], false>

const usualCompression = resolveConnectionOptions({ compression: true }, 'client').compression as Compression

let lastCompression = usualCompression
let lastSettings: ConnectionSettings = usual
let lastReceiver: NonNullable<ConnectionCompat['receiver']> = {}
let lastCompat: ConnectionCompat = {}

/** A connection's bounds; connections of the same options share one object. */
export function settingsOf(
  { maxPayload = 0 }: SocketOptions,
  closeTimeout: number | undefined,
  deflate: PerMessageDeflate | undefined,
): ConnectionSettings {
  const settings: ConnectionSettings = {
    ...usual,
    compression: compressionOf(deflate),
    maxMessageBytes: maxPayload > 0 ? Math.min(maxPayload, largestMessageBytes) : largestMessageBytes,
    // A socket that a program makes of its own without the option: as a timer of no time.
    closeTimeoutMs: closeTimeout ?? 1,
    // A program that reads `bufferedAmount` bounds it, as with ws.
    maxBufferedBytes: Number.MAX_SAFE_INTEGER,
  }
  if (!isSame(settings, lastSettings)) lastSettings = settings
  return lastSettings
}

/** The behaviour of ws's connections where it differs. */
export function compatOf({
  generateMask,
  maxFragments = 0,
  skipUTF8Validation,
}: SocketOptions): ConnectionCompat {
  const receiver: NonNullable<ConnectionCompat['receiver']> = {
    checksUtf8: skipUTF8Validation !== true,
    maxFragmentCount: maxFragments > 0 ? maxFragments : Number.POSITIVE_INFINITY,
  }
  if (!isSame(receiver, lastReceiver)) lastReceiver = receiver
  const compat: ConnectionCompat = {
    receiver: lastReceiver,
    textAs: 'bytes',
    answersPings: false,
    unread: 'deliver',
    tcpEndedBy: 'both',
    ...(generateMask !== undefined && { nextMaskingKey: keysFrom(generateMask) }),
  }
  if (!isSame(compat, lastCompat)) lastCompat = compat
  return lastCompat
}

function compressionOf(deflate: PerMessageDeflate | undefined): ConnectionSettings['compression'] {
  if (deflate === undefined) return false
  const compression = { ...usualCompression, ...deflate.tuning }
  if (!isSame(compression, lastCompression)) lastCompression = compression
  return lastCompression
}

function keysFrom(generateMask: (mask: Buffer) => void): () => number {
  const mask = Buffer.alloc(4)
  return () => {
    generateMask(mask)
    return mask.readUInt32BE()
  }
}

function isSame<Options extends object>(one: Options, other: Options): boolean {
  const keys = Object.keys(one) as (keyof Options)[]
  return keys.length === Object.keys(other).length && keys.every(key => one[key] === other[key])
}
