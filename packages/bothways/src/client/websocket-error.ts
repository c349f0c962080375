import { defineInspection } from '../connection/inspection.ts'
import { checkCloseArguments, closeCodeFor } from './close-arguments.ts'
import { defineInterface, toDictionary, toDomString, toEnforcedUnsignedShort, toUsvString } from './webidl.ts'

/** How a connection closes, in the words of `WebSocketStream`. */
export interface WebSocketCloseInfo {
  /** 1000, or 3000 to 4999, where a program says it. */
  closeCode?: number
  /** At most 123 bytes of UTF-8. */
  reason?: string
}

/** Of what went wrong on this side, which no program has said. */
interface Failure {
  readonly closeCode: number
  readonly reason: string
  readonly cause: Error | undefined
}

/** Makes the error of a failure: its code, such as 1006, is one that a program may not give. */
export let webSocketFailure: (message: string, failure: Failure) => WebSocketError

/**
 * How a `WebSocketStream` fails (WHATWG WebSockets, `WebSocketError`). Given to `abort` or `cancel`, it says what the
 * connection closes with. In `cause` is what this side knows, for example a `HandshakeError`: that is not in the standard.
 */
export class WebSocketError extends DOMException {
  #closeCode: number | null
  #reason: string

  static {
    webSocketFailure = (message, { closeCode, reason, cause }) => {
      const error = new WebSocketError(message)
      error.#closeCode = closeCode
      error.#reason = reason
      if (cause !== undefined) {
        const property = { value: cause, configurable: true, writable: true, enumerable: false }
        Object.defineProperty(error, 'cause', property)
      }
      return error
    }
  }

  /**
   * @throws DOMException `InvalidAccessError` for a code that may not be sent, `SyntaxError` for too long a reason
   */
  constructor(message = '', init: WebSocketCloseInfo = {}) {
    super(toDomString(message), 'WebSocketError')
    // Some versions of Node.js construct the parent's class, whatever was asked for.
    Object.setPrototypeOf(this, new.target.prototype)
    const { closeCode, reason } = toCloseInfo(init)
    checkCloseArguments(closeCode, reason)
    this.#closeCode = closeCodeFor(closeCode, reason) ?? null
    this.#reason = reason
  }

  get closeCode(): number | null {
    return this.#closeCode
  }

  get reason(): string {
    return this.#reason
  }
}

/** WebIDL's conversion to the dictionary `WebSocketCloseInfo`. */
export function toCloseInfo(info: unknown): { closeCode: number | undefined; reason: string } {
  const { closeCode, reason } = toDictionary(info)
  return {
    closeCode: closeCode === undefined ? undefined : toEnforcedUnsignedShort(closeCode),
    reason: reason === undefined ? '' : toUsvString(reason),
  }
}

defineInterface(WebSocketError, 'WebSocketError', ['closeCode', 'reason'])
defineInspection(WebSocketError, 'WebSocketError', ({ message, closeCode, reason, cause }) => ({
  message,
  closeCode,
  reason,
  cause,
}))
