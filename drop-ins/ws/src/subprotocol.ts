import { HeaderScanner } from './header-scanner.ts'

/**
 * The names in a `Sec-WebSocket-Protocol` header (RFC 6455 §11.3.4), in the client's order.
 *
 * @throws SyntaxError when it is malformed or names one twice
 */
export function parse(header: string): Set<string> {
  const scanner = new HeaderScanner(header)
  const names = new Set<string>()
  let isLast = false
  while (!isLast) {
    if (names.size > 0) scanner.skipSpace()
    const name = scanner.token()
    if (!scanner.isAtEnd) {
      scanner.skipSpace()
      if (scanner.isAtEnd) scanner.fail()
    }
    isLast = !scanner.skip(',')
    if (isLast && !scanner.isAtEnd) scanner.fail()
    if (names.has(name)) throw new SyntaxError(`The "${name}" subprotocol is duplicated`)
    names.add(name)
  }
  return names
}
