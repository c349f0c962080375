import { HeaderScanner } from './header-scanner.ts'

/** A parameter's values in the order in which they came: a string, or true where none is given. */
export type ExtensionParams = Record<string, (string | true)[]>

/** The sets of parameters offered for each extension, in the client's order. */
export type ExtensionOffers = Record<string, ExtensionParams[]>

type ParamValue = string | number | true

/** The argument of {@link format}: for each extension, one set of parameters, or several. */
export type ExtensionConfigurations = Record<
  string,
  | Readonly<Record<string, ParamValue | readonly ParamValue[]>>
  | readonly Readonly<Record<string, ParamValue | readonly ParamValue[]>>[]
>

/**
 * Parses a `Sec-WebSocket-Extensions` header (RFC 6455 §9.1).
 *
 * @throws SyntaxError when it is malformed
 */
export function parse(header: string): ExtensionOffers {
  const scanner = new HeaderScanner(header)
  const offers: ExtensionOffers = Object.create(null)
  let isFirst = true
  do {
    if (!isFirst) scanner.skipSpace()
    isFirst = false
    const name = scanner.token()
    endWord(scanner)
    add(offers, name, readParams(scanner))
  } while (scanner.skip(','))
  if (!scanner.isAtEnd) scanner.fail()
  return offers
}

/** The value of `Sec-WebSocket-Extensions` for `extensions`. */
export function format(extensions: ExtensionConfigurations): string {
  return Object.entries(extensions)
    .flatMap(([name, configurations]) =>
      [configurations].flat().map(params => [name, ...formatParams(params)].join('; ')),
    )
    .join(', ')
}

function formatParams(params: Readonly<Record<string, ParamValue | readonly ParamValue[]>>): string[] {
  return Object.entries(params).flatMap(([key, values]) =>
    [values].flat().map(value => (value === true ? key : `${key}=${value}`)),
  )
}

function readParams(scanner: HeaderScanner): ExtensionParams {
  const params: ExtensionParams = Object.create(null)
  while (scanner.skip(';')) {
    scanner.skipSpace()
    const key = scanner.token()
    const value = scanner.skip('=') ? readValue(scanner) : true
    endWord(scanner)
    add(params, key, value)
  }
  return params
}

function readValue(scanner: HeaderScanner): string {
  return scanner.skip('"') ? scanner.quotedToken() : scanner.token()
}

/** White space may stand behind a word, but not at the header's end. */
function endWord(scanner: HeaderScanner): void {
  if (scanner.isAtEnd) return
  scanner.skipSpace()
  if (scanner.isAtEnd) scanner.fail()
}

function add<Value>(to: Record<string, Value[]>, key: string, value: Value): void {
  const values = to[key]
  if (values === undefined) to[key] = [value]
  else values.push(value)
}
