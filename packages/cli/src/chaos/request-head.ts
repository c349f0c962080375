/** The changes to the head of a request on its way through. */
export interface HeadChanges {
  /** `host:port` of the server, which the client knows under another name. */
  readonly host: string
  /** Of the server, for pages that come through the proxy as well. */
  readonly origin: string
  readonly stripsUpgrade: boolean
}

/** @param head up to the empty line, which is not in it @returns the new head, and whether it asks for a WebSocket */
export function changeHead(
  head: string,
  { host, origin, stripsUpgrade }: HeadChanges,
): { readonly head: string; readonly isUpgrade: boolean } {
  const [requestLine = '', ...lines] = head.split('\r\n')
  const wantsUpgrade = lines.some(line => /^upgrade:\s*websocket/i.test(line))
  const isUpgrade = wantsUpgrade && !stripsUpgrade
  const own = lines
    .find(line => /^host:/i.test(line))
    ?.slice('host:'.length)
    .trim()
  const changed = lines.flatMap(line => {
    const name = line.slice(0, line.indexOf(':')).toLowerCase()
    if (name === 'host') return [`Host: ${host}`]
    if (name === 'origin' && own !== undefined && line.endsWith(`//${own}`)) return [`Origin: ${origin}`]
    if (isUpgrade) return [line]
    // One request for each connection, so that each head is seen.
    if (name === 'connection') return []
    return wantsUpgrade && (name === 'upgrade' || name.startsWith('sec-websocket-')) ? [] : [line]
  })
  if (!isUpgrade) changed.push('Connection: close')
  return { head: [requestLine, ...changed].join('\r\n'), isUpgrade }
}
