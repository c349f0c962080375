import { type Endpoint, exchange } from './wire.ts'

/** The server that speaks at a port, by its own words. */
export interface Greeting {
  /** Such as `SSH` or `MySQL`; undefined: nobody we know. */
  readonly speaker: string | undefined
  readonly bytes: Buffer
  readonly isSilent: boolean
}

interface Speaker {
  readonly name: string
  readonly matches: (bytes: Buffer, text: string) => boolean
}

/** Servers that speak first, or answer an HTTP request in their own way. */
const speakers: readonly Speaker[] = [
  { name: 'SSH', matches: (_, text) => text.startsWith('SSH-') },
  { name: 'SMTP', matches: (_, text) => /^220[ -].*(SMTP|ESMTP|mail)/i.test(text) },
  { name: 'FTP', matches: (_, text) => /^220[ -]/.test(text) },
  { name: 'POP3', matches: (_, text) => /^\+OK/.test(text) },
  { name: 'IMAP', matches: (_, text) => /^\* OK/.test(text) },
  { name: 'Redis', matches: (_, text) => /^-(ERR|NOAUTH|DENIED|WRONGPASS)/.test(text) },
  { name: 'NATS', matches: (_, text) => /^INFO \{/.test(text) || /^-ERR 'Unknown Protocol/.test(text) },
  { name: 'Memcached', matches: (_, text) => /^ERROR\r\n/.test(text) },
  {
    name: 'MySQL',
    // A packet's header of four bytes (length, number 0), then the protocol's version 10 and a readable version.
    matches: bytes =>
      bytes.length > 6 &&
      bytes[3] === 0 &&
      (bytes[4] === 10 || bytes[4] === 0xff) &&
      bytes.readUIntLE(0, 3) < 1024,
  },
  {
    name: 'PostgreSQL',
    matches: (bytes, text) => bytes[0] === 0x45 && /FATAL|ERROR/.test(text) && /\0C[0-9A-Z]{5}\0/.test(text),
  },
  { name: 'MongoDB', matches: (_, text) => /trying to access MongoDB over HTTP/.test(text) },
  { name: 'AMQP', matches: (_, text) => text.startsWith('AMQP') },
  { name: 'VNC', matches: (_, text) => text.startsWith('RFB ') },
  { name: 'TLS', matches: bytes => isTlsRecord(bytes) },
  {
    name: 'HTTP/2',
    matches: bytes =>
      bytes.length >= 9 &&
      bytes[3] === 4 &&
      bytes.readUIntBE(0, 3) % 6 === 0 &&
      bytes[4] === 0 &&
      bytes.readUInt32BE(5) === 0,
  },
]

/** True for the beginning of a TLS record: an alert or a handshake of version 3.x. */
function isTlsRecord(bytes: Buffer): boolean {
  return bytes.length >= 3 && (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3 && bytes[2]! <= 4
}

/** Names who wrote some bytes; undefined when nobody we know does. */
export function speakerOf(bytes: Buffer): string | undefined {
  const text = bytes.subarray(0, 512).toString('latin1')
  return speakers.find(({ matches }) => matches(bytes, text))?.name
}

/** Connects without TLS, says nothing, and listens to who speaks first. */
export async function listen(endpoint: Endpoint, timeoutMs: number): Promise<Greeting> {
  const { bytes } = await exchange(
    { ...endpoint, tls: undefined },
    { timeoutMs, quietMs: 200, isEnough: came => came.length >= 512 },
  )
  return { speaker: speakerOf(bytes), bytes, isSilent: bytes.length === 0 }
}
