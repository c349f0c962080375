export interface ReceiverSettings {
  readonly role: 'server' | 'client'
  readonly maxMessageBytes: number
  readonly isDeflateNegotiated: boolean
  readonly delivers: 'messages' | 'frames'
  readonly checksUtf8: boolean
  readonly checksCloseCode: boolean
  readonly maxFrameBytes?: number | undefined
  readonly maxFragmentCount?: number | undefined
}

/** Bytes that come in pieces. */
interface Cut {
  /** In hexadecimal. */
  readonly bytes: string
  /** Where they are cut into chunks. */
  readonly cuts: readonly number[]
}

export interface ReceiverCase extends ReceiverSettings, Cut {
  readonly target: 'receiver'
  /** The handler pauses with each so many events; 0: never. */
  readonly pausesEvery: number
  /** How many chunks come before it resumes. */
  readonly resumesAfter: number
}

export interface BytesCase extends Cut {
  readonly target: 'bytes'
  /** A masking key in hexadecimal, and where in it masking begins. */
  readonly key: string
  readonly phase: number
  /** Where the bytes lie in their memory. */
  readonly offset: number
  /** The first byte of a frame. */
  readonly first: number
  /** Of a payload, for a header alone. */
  readonly length: number
  readonly code: number
}

/** As `DeflateOptions` and `DeflateAgreement` of the protocol. */
interface Deflate {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  readonly serverMaxWindowBits: number
  readonly clientMaxWindowBits: number
}

export interface ConnectionCase extends Cut {
  readonly target: 'connection'
  readonly role: 'server' | 'client'
  /** The agreement on permessage-deflate; undefined: none. */
  readonly agreement?: Deflate | undefined
  readonly maxMessageBytes: number
  readonly maxFragmentCount?: number | undefined
  readonly thresholdBytes: number
  readonly pausesEvery: number
}

type Headers = Readonly<Record<string, string | readonly string[]>>

export interface RequestCase {
  readonly target: 'request'
  readonly line: string
  readonly httpVersion: string
  readonly headers: Headers
  /** The server's options. */
  readonly deflate: Deflate
}

export interface ResponseCase {
  readonly target: 'response'
  readonly line: number
  readonly headers: Headers
  /** The client's request: its key and its offers. */
  readonly key: string
  readonly subprotocols: readonly string[]
  readonly deflate?: Deflate | undefined
}

export type HandshakeCase = RequestCase | ResponseCase

export interface HeadCase {
  readonly target: 'head'
  /** In hexadecimal. */
  readonly bytes: string
  /** How much of it has come; undefined: all. */
  readonly end?: number | undefined
}

export interface OriginCase {
  readonly target: 'origin'
  readonly origin?: string | undefined
  readonly host?: string | undefined
  readonly origins: readonly string[] | '*'
  readonly missingOrigin: 'accept' | 'refuse'
}

export interface PacketsCase {
  readonly target: 'packets'
  readonly protocol: 3 | 4
  readonly packets: readonly {
    readonly type: string
    readonly text?: string | undefined
    readonly hex?: string
  }[]
  readonly takesBytes: boolean
  /** The bytes received, in hexadecimal. */
  readonly payload: string
  /** The seed of the damage to a payload made of the packets; undefined: none. */
  readonly damage?: number | undefined
}

export interface ParserCase {
  readonly target: 'parser'
  readonly received: readonly ({ readonly text: string } | { readonly hex: string })[]
  readonly maxAttachments?: number | undefined
  readonly packet: {
    readonly type: string
    readonly nsp: string
    readonly id?: number | undefined
    readonly args: readonly unknown[]
  }
}

export type Case =
  | BytesCase
  | ConnectionCase
  | HandshakeCase
  | HeadCase
  | OriginCase
  | PacketsCase
  | ParserCase
  | ReceiverCase

/** Case number `index` of the run that `seed` begins. */
export function makeCase(seed: number, index: number): Case

/** The fault of the packages that this case shows; undefined when there is none. */
export function checkCase(it: Case): Promise<string | undefined>

/** A smaller case that fails as well: as many bytes left out as can be. */
export function shrink(it: Case): Promise<Case>
