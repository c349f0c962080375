export type FailureCause =
  | 'noScheme'
  | 'refused'
  | 'unreachable'
  | 'http200'
  | 'http404'
  | 'socketIo'
  | 'origin'
  | 'tls'
  | 'certificate'
  | 'protocol'

export interface FailedAttempt {
  /** As it was typed. */
  readonly address: string
  /** Where the page is. */
  readonly pageUrl: string
  readonly protocols: readonly string[]
  readonly elapsedMs: number
}

/** Engine.IO waits this long before it ends an upgrade that is not its own. */
const socketIoMs = 1_000

const plainPorts = new Set(['80', '3000', '5000', '8000', '8080'])
const tlsPorts = new Set(['443', '8443'])

/**
 * Why a connection probably did not come about, the likeliest cause first. The browser tells scripts nothing, so
 * this goes by the address and by how long it took.
 */
export function likelyCauses({ address, pageUrl, protocols, elapsedMs }: FailedAttempt): FailureCause[] {
  const page = new URL(pageUrl)
  const target = new URL(address, pageUrl)
  const isTls = target.protocol === 'wss:' || target.protocol === 'https:'
  const isSameHost = target.host === page.host
  const isMixedUp = isTls ? plainPorts.has(target.port) : tlsPorts.has(target.port)
  const tookSocketIoTime = elapsedMs >= 0.9 * socketIoMs && elapsedMs <= 1.6 * socketIoMs
  const weighed: [FailureCause, number][] = [
    ['noScheme', /^[a-z]+:\/\//i.test(address.trim()) ? 0 : 100],
    ['unreachable', elapsedMs > 8_000 ? 90 : 0],
    ['socketIo', tookSocketIoTime ? 80 : /socket\.io/i.test(address) ? 75 : 15],
    ['tls', isMixedUp ? 70 : 25],
    ['refused', isSameHost ? 10 : 60],
    ['http404', isSameHost ? 55 : 40],
    ['http200', isSameHost ? 50 : 39],
    ['protocol', protocols.length > 0 ? 45 : 0],
    ['origin', isSameHost ? 0 : 35],
    ['certificate', isTls ? 42 : 0],
  ]
  return weighed
    .filter(([, weight]) => weight > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([cause]) => cause)
}

/** Which advice fits when the constructor throws. */
export type AddressAdvice = 'scheme' | 'fragment' | 'protocol' | 'mixed' | 'other'

/** @param name of the exception */
export function addressAdvice(name: string, message: string): AddressAdvice {
  if (name === 'SecurityError') return 'mixed'
  if (/subprotocol/i.test(message)) return 'protocol'
  if (/fragment/i.test(message)) return 'fragment'
  if (/scheme/i.test(message)) return 'scheme'
  return 'other'
}
