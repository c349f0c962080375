import { createHash } from 'node:crypto'
import { HubError } from '../hub-error.ts'

/** The publisher's name for a publication. @throws HubError `bad_request` */
export function checkKey(key: unknown): void {
  if (key === undefined || (typeof key === 'string' && key.length >= 22 && key.length <= 128)) return
  throw new HubError('bad_request', 'A key is a string of 22 to 128 characters, random.')
}

/** A text that tells data from other data, so that a key does not keep data that the history has let go. */
export function fingerprintOf(data: string): string {
  return data.length <= 64 ? data : createHash('sha256').update(data).digest('base64')
}
