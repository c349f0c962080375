import { HubError } from '../hub/hub-error.ts'

/** One message of a client of `bothways.v1`, read but not checked field by field. */
export interface Call {
  readonly type: string
  readonly id: number | string | undefined
  readonly fields: Readonly<Record<string, unknown>>
}

/** @returns undefined for a text that is no message of this protocol */
export function readCall(text: string): Call | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const fields = value as Record<string, unknown>
  const { type, id } = fields
  if (typeof type !== 'string') return undefined
  return { type, id: typeof id === 'number' || typeof id === 'string' ? id : undefined, fields }
}

/** @throws HubError `bad_request` */
export function optionalString(fields: Call['fields'], name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  throw new HubError('bad_request', `${name} is a string, got ${typeof value}.`)
}

/** @throws HubError `bad_request` */
export function optionalCount(fields: Call['fields'], name: string): number | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new HubError('bad_request', `${name} is a whole number of at least 0, got ${JSON.stringify(value)}.`)
}
