import { BlockList, isIP } from 'node:net'
import { UsageError } from '@bothways/protocol'
import { invalidOption } from '../connection/option-checks.ts'

/** Where a request came from, as far as the proxies that are trusted tell. */
export interface Forwarded {
  readonly remoteAddress: string
  readonly host: string | undefined
  readonly isSecure: boolean
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The proxies whose X-Forwarded-For, -Host and -Proto headers are believed. */
export class TrustedProxies {
  readonly #list = new BlockList()
  readonly #isEmpty: boolean

  /**
   * @param entries addresses (`127.0.0.1`, `::1`) or blocks (`10.0.0.0/8`)
   * @throws UsageError `BW_INVALID_OPTION`
   */
  constructor(entries: readonly string[]) {
    this.#isEmpty = entries.length === 0
    for (const entry of entries) this.#add(entry)
  }

  /**
   * @param peerAddress the address at the other end of the TCP connection
   */
  resolve(headers: Headers, peerAddress: string, isTls: boolean): Forwarded {
    const direct = { remoteAddress: peerAddress, host: single(headers.host), isSecure: isTls }
    if (this.#isEmpty || !this.#includes(peerAddress)) return direct
    const protocol = last(headers['x-forwarded-proto'])?.toLowerCase()
    return {
      remoteAddress: this.#client(headers['x-forwarded-for'], peerAddress),
      host: last(headers['x-forwarded-host']) ?? direct.host,
      isSecure: protocol === undefined ? isTls : protocol === 'https' || protocol === 'wss',
    }
  }

  /** Each proxy appends whom it heard: from the right, the first address that is not a trusted proxy's. */
  #client(header: string | readonly string[] | undefined, peerAddress: string): string {
    let client = peerAddress
    for (const hop of list(header).toReversed()) {
      const address = withoutPort(hop)
      if (isIP(address) === 0) break
      client = address
      if (!this.#includes(address)) break
    }
    return client
  }

  #includes(address: string): boolean {
    const plain = address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
    const version = isIP(plain)
    return version !== 0 && this.#list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }

  #add(entry: string): void {
    // Digits only: Number('') would make `10.0.0.0/` the whole internet.
    const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
    const version = isIP(address)
    const prefix = bits === undefined ? undefined : Number(bits)
    const longest = version === 4 ? 32 : 128
    if (version === 0 || (prefix !== undefined && prefix > longest)) {
      throw new UsageError(
        'BW_INVALID_OPTION',
        `Option trustedProxies takes addresses such as 127.0.0.1 and blocks such as 10.0.0.0/8, got '${entry}'.`,
      )
    }
    const family = version === 4 ? 'ipv4' : 'ipv6'
    if (prefix === undefined) this.#list.addAddress(address, family)
    else this.#list.addSubnet(address, prefix, family)
  }
}

/** The option of that name. @throws UsageError `BW_INVALID_OPTION` */
export function trustedProxiesOf(proxies: unknown): TrustedProxies {
  if (Array.isArray(proxies)) return new TrustedProxies(proxies)
  throw invalidOption(
    'trustedProxies',
    "a list of addresses and blocks, such as ['127.0.0.1', '10.0.0.0/8']: anybody else who could connect would be believed, too",
    proxies,
  )
}

function list(header: string | readonly string[] | undefined): string[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(',')
  return text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}

function last(header: string | readonly string[] | undefined): string | undefined {
  return list(header).at(-1)
}

function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0]
}

/** `203.0.113.7:4711` and `[2001:db8::1]:4711` become the address alone. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)
  if (bracketed?.[1] !== undefined) return bracketed[1]
  const [address = '', ...rest] = hop.split(':')
  return rest.length === 1 ? address : hop
}
