import { randomBytes } from 'node:crypto'

/** 15 bytes are 20 characters of base64, and more than can be guessed. */
const idBytes = 15

/** A new session's id, which nobody else can know. */
export function newSessionId(): string {
  return randomBytes(idBytes).toString('base64url')
}
