import { randomFillSync } from 'node:crypto'

const keys = new Uint32Array(1024)
let next = keys.length

/** A masking key from a strong source of entropy, never used before (RFC 6455 §5.3, §10.3). */
export function newMaskingKey(): number {
  if (next === keys.length) {
    randomFillSync(keys)
    next = 0
  }
  // The bound is the line above.
  return keys[next++]!
}
