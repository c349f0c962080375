import { HubError } from '../hub-error.ts'

const maxNameBytes = 255

/**
 * A topic's name: 1 to 255 bytes of UTF-8 without control characters.
 *
 * @throws HubError `bad_request`
 */
export function checkTopicName(name: unknown): asserts name is string {
  const problem = problemOf(name)
  if (problem !== undefined) throw new HubError('bad_request', `A topic is ${problem}.`)
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return `a string, got ${name === null ? 'null' : typeof name}`
  if (name === '') return 'not empty'
  if (Buffer.byteLength(name) > maxNameBytes) return `at most ${maxNameBytes} bytes of UTF-8`
  if (/\p{Cc}/u.test(name)) return 'without control characters'
  if (/\p{Surrogate}/u.test(name)) return 'whole text, without half a surrogate pair'
  return undefined
}
