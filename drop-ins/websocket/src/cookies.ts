import type { ICookie } from './types.ts'

/** The cookies of a header `Cookie`. A value that does not decode stays as it came. */
export function parseCookies(header: string | undefined): ICookie[] {
  if (!header || typeof header !== 'string') return []
  return header.split(/[;,] */).map(pair => {
    const equals = pair.indexOf('=')
    // The type is for cookies that are set; programs know the null.
    if (equals === -1) return { name: pair, value: null as unknown as string }
    const value = pair.slice(equals + 1).trim()
    return {
      name: pair.slice(0, equals).trim(),
      value: decode(value.startsWith('"') ? value.slice(1, -1) : value),
    }
  })
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** Not of a token (RFC 6265 §4.1.1, RFC 2616 §2.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const notInName = /[\x00-\x20"(),/:-@[-^{}\x7f]/
/** Not a cookie-octet (RFC 6265 §4.1.1). */
const notInValue = /[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlOrSemicolon = /[\x00-\x20;]/

/**
 * The values of the headers `Set-Cookie`.
 *
 * @throws Error for the first cookie that cannot be written
 */
export function formatCookies(cookies: readonly ICookie[]): string[] {
  const seen = new Set<string>()
  return cookies.map(cookie => formatCookie(cookie, seen))
}

function formatCookie(cookie: ICookie, seen: Set<string>): string {
  if (!isText(cookie.name) || !isText(cookie.value)) {
    throw new Error('Each cookie to set must at least provide a "name" and "value"')
  }
  const name = withoutControls(cookie.name)
  const value = withoutControls(cookie.value)
  if (seen.has(name)) throw new Error('You may not specify the same cookie name twice.')
  seen.add(name)
  check(name, notInName, 'name')
  check(/^"[^"]*"$/.test(value) ? value.slice(1, -1) : value, notInValue, 'value')
  return [`${name}=${value}`, ...attributesOf(cookie)].join(';')
}

function attributesOf({ path, domain, expires, maxage, secure, httponly }: ICookie): string[] {
  const attributes: string[] = []
  if (path) {
    check(path, controlOrSemicolon, 'path')
    attributes.push(`Path=${path}`)
  }
  if (domain) {
    if (typeof domain !== 'string') throw new Error('Domain must be specified and must be a string.')
    check(domain, controlOrSemicolon, 'domain')
    attributes.push(`Domain=${domain.toLowerCase()}`)
  }
  if (expires) {
    if (!(expires instanceof Date)) {
      throw new Error('Value supplied for cookie "expires" must be a vaild date object')
    }
    attributes.push(`Expires=${expires.toUTCString()}`)
  }
  if (maxage) attributes.push(`Max-Age=${wholeSeconds(maxage)}`)
  if (isOn(secure, 'secure')) attributes.push('Secure')
  if (isOn(httponly, 'httponly')) attributes.push('HttpOnly')
  return attributes
}

function wholeSeconds(maxage: number | string): number {
  const seconds = typeof maxage === 'string' ? Number.parseInt(maxage, 10) : maxage
  if (!(seconds > 0)) throw new Error('Value supplied for cookie "maxage" must be a non-zero number')
  return Math.round(seconds)
}

function isOn(flag: unknown, name: string): boolean {
  if (flag && typeof flag !== 'boolean') {
    throw new Error(`Value supplied for cookie "${name}" must be of type boolean`)
  }
  return flag === true
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\x00-\x20;]/g, '')
}

function check(text: string, illegal: RegExp, what: string): void {
  const [character] = illegal.exec(text) ?? []
  if (character !== undefined) throw new Error(`Illegal character ${character} in cookie ${what}`)
}
