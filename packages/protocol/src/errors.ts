import type { CloseCode } from './frames/close-code.ts'

/**
 * The error classes say what a caller does next, not where the code happened to be:
 *
 * - `UsageError`: you asked for something illegal; fix the call.
 * - `ProtocolViolation`: the peer broke a rule of RFC 6455 or RFC 7692; the connection fails with `closeCode`.
 * - `LimitError`: a bound was reached; raise the named option or send less.
 * - `HandshakeError`: the opening handshake failed; `status`, `headers` and `body` say why.
 *
 * The codes that this layer uses stand in the tables below; each layer above has tables of its own.
 *
 * Compare `error.code`, never the message. {@link isBothwaysError} also recognises errors that another copy
 * of this package has thrown.
 */
const brand = Symbol.for('bothways.error')

/** The base of all errors of Bothways. */
export abstract class BothwaysError extends Error {
  abstract readonly code: string
}
Object.defineProperty(BothwaysError.prototype, brand, { value: true })

/** True for every error that Bothways makes, whichever copy of the package made it. */
export function isBothwaysError(value: unknown): value is Error & { readonly code: string } {
  return value instanceof Error && Reflect.get(value, brand) === true
}

/** The violations of a peer once the connection is open: the close code to fail with and the rule's section. */
export const violations = {
  BW_RESERVED_BITS: { closeCode: 1002, section: 'RFC 6455 §5.2' },
  BW_RESERVED_OPCODE: { closeCode: 1002, section: 'RFC 6455 §5.2' },
  BW_UNMASKED_FRAME: { closeCode: 1002, section: 'RFC 6455 §5.1' },
  BW_MASKED_FRAME: { closeCode: 1002, section: 'RFC 6455 §5.1' },
  BW_FRAGMENTED_CONTROL_FRAME: { closeCode: 1002, section: 'RFC 6455 §5.5' },
  BW_LONG_CONTROL_FRAME: { closeCode: 1002, section: 'RFC 6455 §5.5' },
  BW_UNEXPECTED_CONTINUATION: { closeCode: 1002, section: 'RFC 6455 §5.4' },
  BW_EXPECTED_CONTINUATION: { closeCode: 1002, section: 'RFC 6455 §5.4' },
  BW_LENGTH_NOT_MINIMAL: { closeCode: 1002, section: 'RFC 6455 §5.2' },
  BW_LENGTH_SIGN_BIT: { closeCode: 1002, section: 'RFC 6455 §5.2' },
  BW_INVALID_UTF8: { closeCode: 1007, section: 'RFC 6455 §8.1' },
  BW_CLOSE_BODY_OF_ONE_BYTE: { closeCode: 1002, section: 'RFC 6455 §5.5.1' },
  BW_INVALID_CLOSE_CODE: { closeCode: 1002, section: 'RFC 6455 §7.4' },
  BW_INVALID_CLOSE_REASON: { closeCode: 1007, section: 'RFC 6455 §5.5.1' },
  BW_INFLATE_FAILED: { closeCode: 1007, section: 'RFC 7692 §7.2.2' },
} as const

export type ViolationCode = keyof typeof violations

/** The peer broke a rule: the connection fails with `closeCode` (RFC 6455 §7.1.7). */
export class ProtocolViolation extends BothwaysError {
  override readonly name = 'ProtocolViolation'
  readonly code: ViolationCode
  readonly closeCode: CloseCode
  /** The section of the standard that states the rule. */
  readonly section: string
  /** The number that broke the rule, if a number did: the reserved bits, the opcode, the length or the close code. */
  readonly value: number | undefined

  constructor(code: ViolationCode, message: string, value?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.value = value
    this.closeCode = violations[code].closeCode
    this.section = violations[code].section
  }
}

/** The unit that a bound counts in, and the code of the error when it is reached. */
export interface Limit {
  readonly code: string
  readonly unit: 'bytes' | 'milliseconds' | 'connections' | 'frames' | 'messages' | 'topics'
}

/** The bounds of a receiver, by the options that set them, and the close code to fail with (RFC 6455 §7.4.1). */
export const limits = {
  maxMessageBytes: { code: 'BW_MESSAGE_TOO_BIG', unit: 'bytes', closeCode: 1009 },
  maxFrameBytes: { code: 'BW_FRAME_TOO_BIG', unit: 'bytes', closeCode: 1009 },
  maxFragmentCount: { code: 'BW_TOO_MANY_FRAGMENTS', unit: 'frames', closeCode: 1008 },
} as const

/** A bound was reached. The message names what came, the limit and the option that sets it. */
export class LimitError extends BothwaysError {
  override readonly name = 'LimitError'
  readonly code: string
  readonly limit: number
  /** The amount that came. For a message whose size is not known yet, the amount when it was stopped. */
  readonly actual: number
  readonly unit: Limit['unit']

  constructor({ code, unit }: Limit, limit: number, actual: number, message: string) {
    super(message)
    this.code = code
    this.limit = limit
    this.actual = actual
    this.unit = unit
  }
}

export const usageCodes = [
  'BW_INVALID_OPTION',
  'BW_INVALID_SUBPROTOCOL',
  'BW_INVALID_HEADER',
  'BW_CONTROL_FRAME_TOO_LONG',
] as const

/** The call itself was wrong; nothing was sent. The message says what was expected and what came. */
export class UsageError extends BothwaysError {
  override readonly name = 'UsageError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The reasons for which a server refuses a request (RFC 6455 §4.2.1). */
export const refusedRequests = [
  'BW_METHOD_NOT_GET',
  'BW_HTTP_VERSION_TOO_OLD',
  'BW_HOST_MISSING',
  'BW_UPGRADE_MISSING',
  'BW_CONNECTION_UPGRADE_MISSING',
  'BW_BODY_UNEXPECTED',
  'BW_KEY_INVALID',
  'BW_VERSION_UNSUPPORTED',
  'BW_SUBPROTOCOL_HEADER_INVALID',
  'BW_EXTENSIONS_HEADER_INVALID',
] as const

/** The reasons for which a client refuses an answer (RFC 6455 §4.1). */
export const refusedAnswers = [
  'BW_STATUS_NOT_101',
  'BW_UPGRADE_MISSING',
  'BW_CONNECTION_UPGRADE_MISSING',
  'BW_ACCEPT_WRONG',
  'BW_SUBPROTOCOL_NOT_OFFERED',
  'BW_SUBPROTOCOL_NOT_CHOSEN',
  'BW_EXTENSIONS_HEADER_INVALID',
  'BW_EXTENSION_NOT_OFFERED',
  'BW_EXTENSION_PARAMETERS_INVALID',
] as const

/** The HTTP answer to an opening handshake that failed. */
export interface HandshakeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The beginning of the answer's body as text. */
  readonly body: string
}

interface HandshakeErrorOptions {
  readonly answer?: HandshakeAnswer
  readonly cause?: unknown
  readonly doctor?: string | undefined
}

/** The opening handshake failed (RFC 6455 §4). */
export class HandshakeError extends BothwaysError {
  override readonly name = 'HandshakeError'
  readonly code: string
  /** The HTTP answer that was given or received; undefined when none came. */
  readonly answer: HandshakeAnswer | undefined
  /** The finding of `bothways doctor` that this failure suggests, such as `BW_DOCTOR_NOT_FOUND`; it has a page. */
  readonly doctor: string | undefined

  constructor(code: string, message: string, options: HandshakeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.answer = options.answer
    this.doctor = options.doctor
  }
}
