import { isAnyArrayBuffer } from 'node:util/types'
import { HubError } from '../hub-error.ts'

const maxDepth = 64

/**
 * A publication's data as JSON text. Data are I-JSON (RFC 7493): nested at most 64 deep, integers up to 2^53-1, whole text.
 *
 * @throws HubError `invalid_data`, or `too_large` above `maxBytes` of UTF-8
 */
export function encodeData(data: unknown, maxBytes: number): string {
  checkValue(data, 0)
  let text: string | undefined
  try {
    text = JSON.stringify(data)
  } catch (error) {
    const reason = (error as Error).message
    // biome-ignore lint/style/useErrorCause: it is in the third argument
    throw new HubError('invalid_data', `The data cannot be written as JSON: ${reason}`, { cause: error })
  }
  if (text === undefined) throw new HubError('invalid_data', `Data are a JSON value, got ${typeof data}.`)
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    throw new HubError(
      'too_large',
      `The data are ${Buffer.byteLength(text)} bytes of JSON, at most ${maxBytes} are taken.`,
    )
  }
  return text
}

function checkValue(value: unknown, depth: number): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      throw new HubError(
        'invalid_data',
        `A number must be finite and at most 2^53-1, got ${value}: send it as a string.`,
      )
    }
    return
  }
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value))
      throw new HubError('invalid_data', 'Text must not have half a surrogate pair.')
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (ArrayBuffer.isView(value) || isAnyArrayBuffer(value)) {
    throw new HubError('invalid_data', 'Bytes are no JSON value: send them as a string, such as Base64.')
  }
  if (value instanceof Promise)
    throw new HubError('invalid_data', 'A promise is no JSON value: await it first.')
  if (value instanceof Map || value instanceof Set) {
    throw new HubError('invalid_data', 'A Map or Set is {} in JSON: Object.fromEntries(map), [...set].')
  }
  if (depth >= maxDepth) throw new HubError('invalid_data', `Data are nested at most ${maxDepth} deep.`)
  if (Array.isArray(value)) {
    for (const item of value) checkValue(item, depth + 1)
  } else {
    for (const key of Object.keys(value)) {
      checkValue(key, depth)
      checkValue((value as Record<string, unknown>)[key], depth + 1)
    }
  }
}

/** For brokers: whether a text is what data are stored as, one JSON value in one line. Others may publish where a broker listens. */
export function isDataText(text: string): boolean {
  if (/[\r\n]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
