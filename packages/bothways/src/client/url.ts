/**
 * The URL of a WebSocket (WHATWG WebSockets §3.1, "get a URL record"): `http` and `https` stand for `ws` and `wss`.
 *
 * @throws DOMException `SyntaxError` for anything else
 */
export function webSocketUrl(input: string): URL {
  if (!URL.canParse(input)) {
    throw new DOMException(
      `'${input}' is not a URL: write it out, such as ws://localhost:8080/path.`,
      'SyntaxError',
    )
  }
  const url = new URL(input)
  if (url.protocol === 'http:') url.protocol = 'ws:'
  else if (url.protocol === 'https:') url.protocol = 'wss:'
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new DOMException(`A WebSocket's URL begins with ws: or wss:, got ${url.protocol}`, 'SyntaxError')
  }
  if (url.hash !== '' || input.endsWith('#')) {
    throw new DOMException(`A WebSocket's URL has no fragment; remove '${url.hash || '#'}'.`, 'SyntaxError')
  }
  return url
}
