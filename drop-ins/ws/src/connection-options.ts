import { Buffer } from 'node:buffer'
import {
  type ConnectionSettings,
  type ConnectionTraits,
  resolveConnectionOptions,
  usualTraits,
} from 'bothways/connection'
import type { PerMessageDeflate } from './permessage-deflate.ts'
import type { SocketOptions } from './socket-state.ts'

/** The largest message that could become a string, in bytes. */
const largestMessageBytes = resolveConnectionOptions({ maxMessageBytes: Infinity }, 'server').maxMessageBytes

const usual = resolveConnectionOptions({ keepalive: false, messageTimeoutMs: Infinity }, 'server')

type Compression = Exclude<ConnectionSettings['compression'], false>

const usualCompression = resolveConnectionOptions({ compression: true }, 'client').compression as Compression

let lastCompression = usualCompression
let lastSettings: ConnectionSettings = usual
let lastTraits: ConnectionTraits = usualTraits

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
    // A program that reads `bufferedAmount` is what bounds it, as with ws.
    maxBufferedBytes: Number.MAX_SAFE_INTEGER,
  }
  if (!isSame(settings, lastSettings)) lastSettings = settings
  return lastSettings
}

/** In what the connections of ws differ from those of this project. */
export function traitsOf({
  generateMask,
  maxFragments = 0,
  skipUTF8Validation,
}: SocketOptions): ConnectionTraits {
  const traits: ConnectionTraits = {
    ...usualTraits,
    textAs: 'bytes',
    answersPings: false,
    checksUtf8: skipUTF8Validation !== true,
    dropsUnread: false,
    deliversUnreadAtCut: true,
    explainsFailures: false,
    maxFragmentCount: maxFragments > 0 ? maxFragments : Number.POSITIVE_INFINITY,
    tcpEndedBy: 'both',
    nextMaskingKey: generateMask === undefined ? usualTraits.nextMaskingKey : keysFrom(generateMask),
  }
  if (!isSame(traits, lastTraits)) lastTraits = traits
  return lastTraits
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
  return (Object.keys(one) as (keyof Options)[]).every(key => one[key] === other[key])
}
