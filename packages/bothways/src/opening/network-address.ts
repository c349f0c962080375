/**
 * Whom an address stands for where clients are counted: an address of IPv4 for itself, one of IPv6 for its /64, which
 * is what a single client is given at least (RFC 6177 §2) and may choose its addresses from.
 *
 * @returns an address of IPv4, or the first four groups of one of IPv6, as `2001:db8:0:1::/64`
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (dotted?.[1] !== undefined) return dotted[1]
  const [groups = ''] = address.split('%')
  const [before = '', after = ''] = groups.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === '' ? [] : after.split(':')
  const missing = groups.includes('::') ? Math.max(0, 8 - head.length - tail.length) : 0
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  const network = all.slice(0, 4).map(group => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
