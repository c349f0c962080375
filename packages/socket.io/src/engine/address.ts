import { isIPv6 } from 'node:net'

/**
 * Whom an address belongs to: that of IPv4 itself, of IPv6 the network of 64 bits, of which a single subscriber has all
 * (RFC 6177 §2).
 */
export function holderOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped !== null) return mapped[1]!
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    // A dotted IPv4 address at the end stands for two groups.
    const width = after.length + (tail.includes('.') ? 1 : 0)
    while (groups.length + width < 8) groups.push('0')
    groups.push(...after)
  }
  return `${groups
    .slice(0, 4)
    .map(it => Number.parseInt(it, 16).toString(16))
    .join(':')}::/64`
}
