/** The cookie that carries the session's id (RFC 6265 §4.1.1), for load balancers. */
export interface CookieOptions {
  name?: string
  /** In seconds. */
  maxAge?: number
  domain?: string
  /** False: none. */
  path?: string | false
  expires?: Date
  httpOnly?: boolean
  secure?: boolean
  partitioned?: boolean
  priority?: 'low' | 'medium' | 'high'
  sameSite?: boolean | 'lax' | 'strict' | 'none'
  encode?: (value: string) => string
}

/** The name and attributes of a cookie, unless options say otherwise. */
export const cookieDefaults = { name: 'io', path: '/', httpOnly: true, sameSite: 'lax' } as const

const namePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const attributePattern = /^[\x20-\x3a\x3c-\x7e]*$/

/**
 * The value of `Set-Cookie`.
 *
 * @throws TypeError when a part of it could not stand in the header
 */
export function serializeCookie(value: string, options: CookieOptions): string {
  const { name = cookieDefaults.name, encode = encodeURIComponent, maxAge, domain, path, expires } = options
  if (!namePattern.test(name)) throw new TypeError(`The cookie's name must be a token, got ${name}.`)
  const parts = [`${name}=${attribute('value', encode(value))}`]
  if (maxAge !== undefined) parts.push(`Max-Age=${Math.floor(maxAge)}`)
  if (domain) parts.push(`Domain=${attribute('domain', domain)}`)
  if (path) parts.push(`Path=${attribute('path', path)}`)
  if (expires) parts.push(`Expires=${expires.toUTCString()}`)
  if (options.httpOnly) parts.push('HttpOnly')
  if (options.secure) parts.push('Secure')
  if (options.partitioned) parts.push('Partitioned')
  if (options.priority) parts.push(`Priority=${capitalized(options.priority)}`)
  if (options.sameSite) {
    parts.push(`SameSite=${options.sameSite === true ? 'Strict' : capitalized(options.sameSite)}`)
  }
  return parts.join('; ')
}

function attribute(what: string, value: string): string {
  if (attributePattern.test(value)) return value
  throw new TypeError(
    `The cookie's ${what} must be printable ASCII without semicolons, got ${JSON.stringify(value)}.`,
  )
}

function capitalized(word: string): string {
  return attribute('attribute', word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
}
