export type FailureCause =
  | 'noScheme'
  | 'blockedPort'
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

/** WHATWG Fetch §2.10: browsers connect to none of these, whatever listens there. */
const blockedPorts: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
])

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
    ['blockedPort', target.port !== '' && blockedPorts.has(Number(target.port)) ? 200 : 0],
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
