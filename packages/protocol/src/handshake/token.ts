const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** True when `text` is a token of HTTP (RFC 7230 §3.2.6): at least one character, no separator, ASCII only. */
export function isToken(text: string): boolean {
  return tokenPattern.test(text)
}

/**
 * Reads a header that is a comma list of at least one token (`1#token`, RFC 7230 §7): white space around elements
 * and empty elements are allowed. Repeated headers count as one list. An absent header is an empty list;
 * `undefined` means that the header is malformed. Takes time linear in its length.
 */
export function parseTokenList(value: string | readonly string[] | undefined): string[] | undefined {
  if (value === undefined) return []
  const tokens = listElements(value)
  return tokens.length > 0 && tokens.every(isToken) ? tokens : undefined
}

/**
 * True when a comma list contains `token` (given in lower case) in any case, as `Connection` and `Upgrade` are
 * compared (RFC 6455 §4.2.1). Other elements need not be tokens: `TLS/1.0, websocket` is a legal `Upgrade`.
 */
export function listHasToken(value: string | readonly string[] | undefined, token: string): boolean {
  if (value === undefined) return false
  if (typeof value === 'string' && equalsIgnoringCase(value, token)) return true
  return listElements(value).some(element => equalsIgnoringCase(element, token))
}

/** Compares with `token` (given in lower case), ignoring the case of ASCII letters and of nothing else. */
export function equalsIgnoringCase(text: string, token: string): boolean {
  // Without the first test the Kelvin sign would pass as a k.
  return isToken(text) && text.toLowerCase() === token
}

/** The elements of a comma list that are not empty, without the white space around them (RFC 7230 §7). */
function listElements(value: string | readonly string[]): string[] {
  const list = typeof value === 'string' ? value : value.join(',')
  return list
    .split(',')
    .map(trimWhitespace)
    .filter(element => element !== '')
}

/** Cuts spaces and tabs, HTTP's only optional white space (RFC 7230 §3.2.3), from both ends. */
export function trimWhitespace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isWhitespace(text.charCodeAt(start))) start++
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isWhitespace(character: number): boolean {
  return character === 0x20 || character === 0x09
}
