import { isBlob, isByteSource } from 'bothways/connection'

export type Binary = ArrayBuffer | ArrayBufferView

interface Placeholder {
  readonly _placeholder: true
  readonly num: number
}

/** Whether there are bytes anywhere in a value, so that its packet needs attachments. */
export function hasBinary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (typeof item === 'object' && item !== null && hasBinary(item)) return true
    }
    return false
  }
  if (isBinary(value)) return true
  const json = replacement(value)
  if (json !== value) return typeof json === 'object' && json !== null && hasBinaryProperty(json)
  return hasBinaryProperty(value)
}

/**
 * Takes the bytes out of a value: the copy has placeholders in their places, and `attachments` gets them. The value
 * itself stays as it is.
 */
export function takeOutBinary(value: unknown, attachments: Binary[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => takeOutBinary(item, attachments))
  if (isBinary(value)) {
    return { _placeholder: true, num: attachments.push(value) - 1 } satisfies Placeholder
  }
  const json = replacement(value)
  if (typeof json !== 'object' || json === null) return json
  if (json !== value && (Array.isArray(json) || isBinary(json))) return takeOutBinary(json, attachments)
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(json)) copy[key] = takeOutBinary(item, attachments)
  return copy
}

/**
 * Puts attachments into the places that a decoded value has for them.
 *
 * @throws Error when a placeholder names an attachment that there is not
 */
export function putInBinary(value: unknown, attachments: readonly unknown[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isPlaceholder(value)) {
    const { num } = value
    if (!Number.isInteger(num) || num < 0 || num >= attachments.length) throw new Error('illegal attachments')
    return attachments[num]
  }
  const container = value as Record<string, unknown>
  for (const key of Object.keys(container)) {
    const item = container[key]
    if (typeof item === 'object' && item !== null) container[key] = putInBinary(item, attachments)
  }
  return value
}

function isBinary(value: object): value is Binary {
  if (isByteSource(value)) return true
  if (isBlob(value)) {
    throw new TypeError('A Blob cannot be sent; send its bytes: await blob.arrayBuffer().')
  }
  return false
}

function hasBinaryProperty(object: object): boolean {
  if (Array.isArray(object) || ArrayBuffer.isView(object)) return hasBinary(object)
  // Also inherited ones, which is faster: bytes found here are looked at again when they are taken out.
  for (const key in object) {
    const item = (object as Record<string, unknown>)[key]
    if (typeof item === 'object' && item !== null && hasBinary(item)) return true
  }
  return false
}

/** The value that JSON gets in place of an object: that of its `toJSON`, if it has one. */
function replacement(value: object): unknown {
  const { toJSON } = value as { toJSON?: unknown }
  return typeof toJSON === 'function' ? toJSON.call(value) : value
}

function isPlaceholder(value: object): value is Placeholder {
  return (value as Partial<Placeholder>)._placeholder === true
}
