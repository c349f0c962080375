import { createHash } from 'node:crypto'

/** What tells data from other data, so that a key does not keep what the history has let go. */
export function fingerprintOf(data: string): string {
  return data.length <= 64 ? data : createHash('sha256').update(data).digest('base64')
}
