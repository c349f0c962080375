import { isDeepStrictEqual } from 'node:util'

export function assert(isTrue, describe) {
  if (!isTrue) throw new Error(describe())
}

/** @param where what was done, for the message */
export function assertSame(actual, expected, where) {
  if (isDeepStrictEqual(actual, expected)) return
  if (Array.isArray(actual) && Array.isArray(expected)) {
    const at = expected.findIndex((it, index) => !isDeepStrictEqual(it, actual[index]))
    const index = at === -1 ? expected.length : at
    throw new Error(`${where}, at ${index}: expected ${show(expected[index])}, got ${show(actual[index])}`)
  }
  throw new Error(`${where}: expected ${show(expected)}, got ${show(actual)}`)
}

export function show(value) {
  return String(JSON.stringify(value)).slice(0, 300)
}
