import { toUsvString } from './webidl.ts'

/**
 * The URL of a WebSocket (WHATWG WebSockets §3.1, "get a URL record"): `http` and `https` stand for `ws` and `wss`.
 * A relative one is relative to `globalThis.location`, where there is such a thing: in Deno, or under a DOM.
 *
 * @throws DOMException `SyntaxError` for anything else
 */
export function webSocketUrl(given: unknown): URL {
  const input = toUsvString(given)
  const url = parse(input)
  if (url.protocol === 'http:') url.protocol = 'ws:'
  else if (url.protocol === 'https:') url.protocol = 'wss:'
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    const hint = /^[\w.-]+:\d+(?:[/?]|$)/.test(input) ? `; write ws://${input}` : ''
    throw new DOMException(
      `A WebSocket's URL begins with ws: or wss:, got ${url.protocol}${hint}`,
      'SyntaxError',
    )
  }
  // An empty fragment is one, too; `hash` does not tell.
  if (url.href.includes('#')) {
    throw new DOMException(`A WebSocket's URL has no fragment; remove '${url.hash || '#'}'.`, 'SyntaxError')
  }
  return url
}

function parse(input: string): URL {
  const base = (globalThis as { location?: { readonly href?: string } }).location?.href
  if (URL.canParse(input, base)) return new URL(input, base)
  throw new DOMException(
    `'${input}' is not a URL: write it out, such as ws://localhost:8080/path.`,
    'SyntaxError',
  )
}

/** The user information of a URL as HTTP's Basic scheme sends it (RFC 7617); undefined when there is none. */
export function basicCredentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const pair = Buffer.concat([percentDecode(username), Buffer.from(':'), percentDecode(password)])
  return `Basic ${pair.toString('base64')}`
}

/** URL §1.3, "percent-decode": a percent sign without two hexadecimal digits behind it stands for itself. */
function percentDecode(ascii: string): Buffer {
  const bytes = ascii.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1')
}
