import { UsageError } from '../errors.ts'
import { isToken } from './token.ts'

/** A parameter's name and its value; `true` when it has none (RFC 6455 §9.1). */
export type ExtensionParameter = readonly [name: string, value: string | true]

/**
 * One extension of `Sec-WebSocket-Extensions`: an offer in a request, an agreed extension in an answer.
 * The parameters are a list because their order and duplicates matter to their judge.
 */
export interface Extension {
  readonly name: string
  readonly parameters: readonly ExtensionParameter[]
}

/** A longer `Sec-WebSocket-Extensions` is refused as malformed: 8192 characters, all repetitions together. */
export const maxExtensionsHeaderLength = 8192

/** A `Sec-WebSocket-Extensions` with more extensions is refused as malformed. */
export const maxExtensionCount = 64

/**
 * Reads `Sec-WebSocket-Extensions` (RFC 6455 §9.1). Repeated headers count as one list, an absent one as empty.
 * `undefined` when it is malformed, longer than {@link maxExtensionsHeaderLength} or lists more than
 * {@link maxExtensionCount} extensions. Takes time linear in its length.
 */
export function parseExtensions(value: string | readonly string[] | undefined): Extension[] | undefined {
  if (value === undefined) return []
  const text = typeof value === 'string' ? value : value.join(',')
  if (text.length > maxExtensionsHeaderLength) return undefined

  const reader = new Reader(text)
  const extensions: Extension[] = []
  while (!reader.isAtEnd) {
    // RFC 7230 §7: elements of a list may be empty.
    if (reader.skip(',')) continue
    const extension = readExtension(reader)
    if (extension === undefined || extensions.length === maxExtensionCount) return undefined
    if (!reader.isAtEnd && !reader.skip(',')) return undefined
    extensions.push(extension)
  }
  return extensions.length > 0 ? extensions : undefined
}

/**
 * The value of `Sec-WebSocket-Extensions` (RFC 6455 §9.1), values unquoted.
 *
 * @throws UsageError `BW_INVALID_HEADER` when a name or a value is not a token
 */
export function serializeExtensions(extensions: readonly Extension[]): string {
  return extensions.map(serializeExtension).join(', ')
}

function serializeExtension({ name, parameters }: Extension): string {
  const parts = parameters.map(([key, value]) =>
    value === true ? checkToken(key) : `${checkToken(key)}=${checkToken(value)}`,
  )
  return [checkToken(name), ...parts].join('; ')
}

function checkToken(text: string): string {
  if (isToken(text)) return text
  throw new UsageError(
    'BW_INVALID_HEADER',
    `Names and values in Sec-WebSocket-Extensions must be tokens of HTTP, got ${JSON.stringify(text)}.`,
  )
}

/** `extension = token *( ";" extension-param )` */
function readExtension(reader: Reader): Extension | undefined {
  const name = reader.token()
  if (name === undefined) return undefined
  const parameters: ExtensionParameter[] = []
  while (reader.skip(';')) {
    const parameter = readParameter(reader)
    if (parameter === undefined) return undefined
    parameters.push(parameter)
  }
  return { name, parameters }
}

/** `extension-param = token [ "=" ( token / quoted-string ) ]` */
function readParameter(reader: Reader): ExtensionParameter | undefined {
  const name = reader.token()
  if (name === undefined) return undefined
  if (!reader.skip('=')) return [name, true]
  const value = reader.token() ?? reader.quotedString()
  // RFC 6455 §9.1: the content of a quoted string must be a token too.
  return value !== undefined && isToken(value) ? [name, value] : undefined
}

/**
 * Reads words and separators one after the other. White space may stand between any two of them: RFC 6455 §9.1
 * takes over the "implied *LWS" rule of RFC 2616 §2.1.
 */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#take(whitespace)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  skip(separator: ',' | ';' | '='): boolean {
    if (this.#text[this.#at] !== separator) return false
    this.#at++
    this.#take(whitespace)
    return true
  }

  token(): string | undefined {
    return this.#word(tokenCharacters)
  }

  /** The content of a quoted string, without quotes and escapes. */
  quotedString(): string | undefined {
    return this.#word(quoted)?.slice(1, -1).replace(escapes, '$1')
  }

  #word(pattern: RegExp): string | undefined {
    const word = this.#take(pattern)
    if (word !== undefined) this.#take(whitespace)
    return word
  }

  /** The match of a sticky pattern at the current position, moving behind it. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)?.[0]
    if (match !== undefined) this.#at = pattern.lastIndex
    return match
  }
}

// No two ways to match the same text, so none of them can backtrack.
const whitespace = /[ \t]*/y
const tokenCharacters = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const quoted = /"(?:[^"\\]|\\.)*"/y
const escapes = /\\(.)/g
