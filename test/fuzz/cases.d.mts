export type Protocol = typeof import('@bothways/protocol')

export interface ReceiverSettings {
  readonly role: 'server' | 'client'
  readonly maxMessageBytes: number
  readonly isDeflateNegotiated: boolean
}

export interface ReceiverCase extends ReceiverSettings {
  readonly target: 'receiver'
  /** In hexadecimal. */
  readonly bytes: string
  /** Where the bytes are cut into chunks, besides nowhere and everywhere. */
  readonly cuts: readonly number[]
}

export interface HandshakeCase {
  readonly target: 'request' | 'response'
  /** The method of a request, the status of a response. */
  readonly line: string | number
  readonly httpVersion: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

export type Case = ReceiverCase | HandshakeCase

/** Case number `index` of the run that `seed` begins. */
export function makeCase(seed: number, index: number): Case

/** What is wrong with `protocol` as this case shows it; undefined when nothing is. */
export function checkCase(protocol: Protocol, it: Case): string | undefined

/** A smaller case that fails as well: as many bytes left out as can be. */
export function shrink(protocol: Protocol, it: Case): Case
