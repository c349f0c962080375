import { UsageError } from '@bothways/protocol'
import { foreignOption } from './foreign-options.ts'

/** `setTimeout` takes a longer time for no time at all. */
export const longestTimerMs: number = 2 ** 31 - 1

/** A whole-number option, checked to lie in its range. */
export function whole<Options extends object, Name extends keyof Options & string>(
  options: Options,
  name: Name,
  byDefault: number,
  lowest = 0,
  highest: number = Number.MAX_SAFE_INTEGER,
): number {
  const value: unknown = options[name]
  if (value === undefined) return byDefault
  if (
    typeof value === 'number' &&
    value >= lowest &&
    (value <= highest || value === Number.POSITIVE_INFINITY)
  ) {
    if (Number.isInteger(value)) return value
    if (value === Number.POSITIVE_INFINITY) return highest
  }
  const range = highest === Number.MAX_SAFE_INTEGER ? `of at least ${lowest}` : `from ${lowest} to ${highest}`
  throw invalidOption(name, `a whole number ${range}`, value)
}

export function invalidOption(name: string, expected: string, actual: unknown): UsageError {
  return new UsageError('BW_INVALID_OPTION', `Option ${name} must be ${expected}, got ${shown(actual)}.`)
}

/** Every option of a kind, in a table that does not compile when one is missing, or one is none. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: unknown }

/**
 * Refuses options that do not exist, so that a misspelt one does not silently do nothing.
 *
 * @throws UsageError `BW_UNKNOWN_OPTION`, naming ours where it is an option of another library, or else the nearest;
 *   `BW_INVALID_OPTION` for a value that is no object
 */
export function checkOptionNames<Options extends object>(
  what: string,
  options: Options,
  table: OptionTable<Options>,
): void {
  checkIsObject(what, options)
  if (what === 'createServer' && typeof Reflect.get(options, 'listen') === 'function') {
    throw new UsageError(
      'BW_INVALID_OPTION',
      'createServer takes options, got a server: createServer().attach(httpServer).',
    )
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(table, name)) continue
    const ours = foreignOption(what, name)
    if (ours !== undefined) {
      throw new UsageError('BW_UNKNOWN_OPTION', `${what} has no option ${name}. Here: ${ours}.`)
    }
    const known = Object.keys(table)
    const [nearest = ''] = known.toSorted((a, b) => editDistance(a, name) - editDistance(b, name))
    const isNear =
      editDistance(nearest, name) <= Math.max(2, name.length / 2) ||
      nearest.toLowerCase().includes(name.toLowerCase())
    const hint = isNear ? `did you mean ${nearest}?` : `it has ${known.join(', ')}.`
    throw new UsageError('BW_UNKNOWN_OPTION', `Unknown option ${name} of ${what}; ${hint}`)
  }
}

const examples: Readonly<Record<string, string>> = {
  listen: 'listen({ port: 8080 })',
  createServer: 'createServer({ maxConnections: 100 })',
  'a route': "route('/chat', { message(socket, message) { socket.send(message) } })",
  publish: 'publish(topic, message, { except: socket })',
  disconnect: "disconnect({ user: 'id' })",
  history: 'history: { count: 500, ageMs: 600_000 }',
  startWorkers: 'startWorkers({ module: import.meta.filename })',
  'SqliteBroker.open': "SqliteBroker.open({ file: 'topics.db' })",
  'a topic': "topics: { 'room/:id': { history: { count: 500, ageMs: 600_000 } } }",
  close: "close({ code: 1001, reason: 'bye' })",
  keepalive: 'keepalive: { intervalMs: 30_000 }, or false',
  compression: 'compression: true, or { level: 6 }',
  'a subprotocol': "protocols: ['chat'], or { chat: { message(socket, message) {} } }",
}

function checkIsObject(what: string, options: unknown): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return
  const example = examples[what]
  throw new UsageError(
    'BW_INVALID_OPTION',
    `${what} takes an object, got ${kindOf(options)}${example === undefined ? '.' : `: ${example}.`}`,
  )
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  const isLong = typeof value === 'function' || (typeof value === 'object' && !(value instanceof RegExp))
  return isLong ? kindOf(value) : String(value)
}

/** The kind of value that somebody has given instead, in a word. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  const name: unknown = value.constructor?.name
  return typeof name !== 'string' || name === 'Object' ? 'an object' : `an object of class ${name}`
}

/** @throws UsageError `BW_INVALID_ARGUMENT` for a callback that nobody would call */
export function checkNoCallback(value: unknown, instead: string): void {
  if (typeof value !== 'function') return
  throw new UsageError('BW_INVALID_ARGUMENT', `A callback was given, and would never be called: ${instead}.`)
}

/** @throws UsageError `BW_INVALID_ARGUMENT` */
export function checkTopic(topic: unknown): void {
  if (typeof topic === 'string') return
  throw new UsageError(
    'BW_INVALID_ARGUMENT',
    `A topic is a string, and comes first: publish('news', message), subscribe('news'); got ${kindOf(topic)}.`,
  )
}

/**
 * Checks an argument behind the message in `send` and `publish`: other libraries have options or a flag there.
 *
 * @throws UsageError `BW_INVALID_ARGUMENT`
 */
export function checkNothingMore(what: string, more: unknown): void {
  checkNoCallback(
    more,
    'send returns whether the client keeps up, and drain follows; ping() tells when all has arrived',
  )
  // A number is the index that `array.forEach(socket.send)` gives.
  if (typeof more !== 'boolean' && (typeof more !== 'object' || more === null)) return
  throw new UsageError(
    'BW_INVALID_ARGUMENT',
    `${what} takes no more than that, got ${kindOf(more)} behind it: strings go as text, bytes as binary, and what is compressed says createServer({ compression }).`,
  )
}

let hasWarned = false

/** Topics are names. `*`, `+` and `#` are wildcards elsewhere: the process is warned once. */
export function warnOfWildcard(topic: string): void {
  if (hasWarned || !/(?:^|\/)[*+#](?:\/|$)/.test(topic)) return
  hasWarned = true
  process.emitWarning(
    `subscribe('${topic}') hears what is published to a topic of just this name: plain topics have no wildcards. Subscribe to each name.`,
    { code: 'BW_INVALID_ARGUMENT' },
  )
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, change))
    }
    row = next
  }
  return row[to.length] ?? 0
}
