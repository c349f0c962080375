/** Where a URL leads. */
export interface Target {
  readonly isSecure: boolean
  readonly host: string
  readonly port: number
  /** With the query. */
  readonly path: string
}

/**
 * Reads the URL of a server. Without a scheme it is `ws:`, without a host this one.
 *
 * @throws Error for another scheme, TypeError for text that is no URL
 */
export function parseUrl(text: string): Target {
  if (typeof text !== 'string') {
    const error = new TypeError(`The URL must be a string, got ${typeof text}`)
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' })
  }
  const { protocol, hostname, port, pathname, search } = new URL(text, 'ws://localhost')
  if (protocol !== 'ws:' && protocol !== 'wss:')
    throw new Error(`Invalid protocol ${protocol}. It must be ws or wss`)
  const isSecure = protocol === 'wss:'
  return {
    isSecure,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    path: pathname + search,
  }
}
