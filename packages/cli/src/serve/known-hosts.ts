import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * The hosts that a server answers for. A page of a foreign name that has been made to resolve to this machine (DNS
 * rebinding) is of the same origin as the server, so that nothing else would keep it out; but its browser still sends
 * that name.
 */
export class KnownHosts {
  readonly #names: ReadonlySet<string>

  /** @param names names and addresses, without port; the loopback's need not be among them */
  constructor(names: readonly string[]) {
    this.#names = new Set(names.map(plain))
  }

  /** Why a request is refused, or undefined when its host is known. */
  refusalOf(request: IncomingMessage): string | undefined {
    const asked = hostsOf(request)
    const foreign = asked.find(host => !this.#knows(host, request.socket.localAddress))
    if (foreign === undefined) return undefined
    const shown = foreign.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 100)
    return (
      `This server does not answer for the host '${shown}': if it is its own, start it with --allow-host ${shown}. ` +
      'It answers for localhost, for what --host and --allow-host name, and for the address that was connected to.'
    )
  }

  /** An address that was connected to has not been rebound: there is no name. */
  #knows(host: string, localAddress = ''): boolean {
    return isLoopback(host) || this.#names.has(host) || host === plain(localAddress)
  }
}

/** All that a request says of its host: a proxy may read another of them than we (RFC 9112 §3.2). */
function hostsOf({ url = '', headersDistinct }: IncomingMessage): string[] {
  const hosts = headersDistinct.host ?? []
  // HTTP/1.0 needs none, and no browser speaks it.
  const all = url.startsWith('/') || !URL.canParse(url) ? hosts : [...hosts, new URL(url).host]
  return all.map(host => plain(host.replace(/:\d*$/, '')))
}

/** As names and addresses are compared: in lower case, without brackets, the dot of the root, or an IPv4's IPv6. */
function plain(host: string): string {
  const text = host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
  if (text.startsWith('::ffff:') && isIP(text.slice(7)) === 4) return text.slice(7)
  return isIP(text) === 6 ? new URL(`http://[${text.split('%')[0]}]`).hostname.slice(1, -1) : text
}

/** RFC 6761 §6.3: `localhost` and all names below it are the loopback, wherever they are asked for. */
function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    /^127(?:\.\d{1,3}){3}$/.test(host)
  )
}
