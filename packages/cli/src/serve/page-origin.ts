import type { IncomingMessage } from 'node:http'

/**
 * Whether a page may connect: of this server's own host, or listed. So it is with the WebSocket paths, whose server
 * sees to it itself. A client that is no browser sends no Origin.
 */
export function isPageAllowed({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host = '' } = headers
  return origin === undefined || origins.includes(origin) || isOfHost(origin, host)
}

function isOfHost(origin: string, host: string): boolean {
  if (!/^https?:/.test(origin) || !URL.canParse(origin)) return false
  const page = new URL(origin)
  // With the page's scheme: it says which port is the default.
  const server = `${page.protocol}//${host}`
  return /^[^/?#@\\\s]+$/.test(host) && URL.canParse(server) && new URL(server).host === page.host
}
