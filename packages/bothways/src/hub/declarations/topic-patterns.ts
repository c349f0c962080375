import { UsageError } from '@bothways/protocol'

interface Declared<Value> {
  readonly pattern: string
  readonly segments: readonly string[]
  readonly hasRest: boolean
  readonly value: Value
}

/**
 * The declarations of topics by name or by pattern: `:x` stands for one segment between slashes that is not empty, a `*` at
 * the end for the rest. The most specific declaration counts.
 */
export class TopicPatterns<Value> {
  readonly #exact = new Map<string, Value>()
  readonly #patterns: Declared<Value>[] = []

  /** @throws UsageError `BW_INVALID_OPTION` for what is no pattern, or overlaps with another and neither is more specific */
  add(pattern: string, value: Value): void {
    if (pattern === '') throw malformed(pattern, 'a topic has a name')
    const foreign = /[{[<]\w+[>\]}]/.exec(pattern)?.[0]
    if (foreign !== undefined) throw malformed(pattern, `a parameter is written :${foreign.slice(1, -1)}`)
    if (!isPattern(pattern)) {
      if (this.#exact.has(pattern)) throw overlapping(pattern, pattern)
      this.#exact.set(pattern, value)
      return
    }
    const hasRest = pattern.endsWith('*')
    const segments = (hasRest ? pattern.slice(0, -1) : pattern).split('/')
    if (hasRest && segments.pop() !== '') throw malformed(pattern, 'a * stands behind a slash')
    for (const segment of segments) {
      if (segment.includes('*')) throw malformed(pattern, 'a * stands at the end only')
      if (segment === ':') throw malformed(pattern, 'a parameter has a name, such as :id')
    }
    const added = { pattern, segments, hasRest, value }
    for (const other of this.#patterns) {
      if (overlap(added, other) && !isMoreSpecific(added, other) && !isMoreSpecific(other, added)) {
        throw overlapping(pattern, other.pattern)
      }
    }
    this.#patterns.push(added)
    this.#patterns.sort((one, other) =>
      isMoreSpecific(one, other) ? -1 : isMoreSpecific(other, one) ? 1 : 0,
    )
  }

  /** Undefined: nobody has declared it. */
  find(name: string): Value | undefined {
    const exact = this.#exact.get(name)
    if (exact !== undefined || this.#patterns.length === 0) return exact
    const segments = name.split('/')
    return this.#patterns.find(pattern => matches(pattern, segments))?.value
  }
}

function isPattern(pattern: string): boolean {
  return pattern.endsWith('*') || /(^|\/):/.test(pattern) || pattern.includes('*')
}

function matches({ segments, hasRest }: Declared<unknown>, name: readonly string[]): boolean {
  if (hasRest ? name.length <= segments.length : name.length !== segments.length) return false
  return segments.every((segment, at) => (segment.startsWith(':') ? name[at] !== '' : segment === name[at]))
}

/** Whether some name fits both. */
function overlap(one: Declared<unknown>, other: Declared<unknown>): boolean {
  const [short, long] = one.segments.length <= other.segments.length ? [one, other] : [other, one]
  if (short.segments.length < long.segments.length && !short.hasRest) return false
  if (short.segments.length === long.segments.length && short.hasRest !== long.hasRest) return false
  return short.segments.every((segment, at) => {
    const beside = long.segments[at] ?? ''
    return segment.startsWith(':') || beside.startsWith(':') || segment === beside
  })
}

/** Whether every name that fits `one` fits `other`, and not the other way round. */
function isMoreSpecific(one: Declared<unknown>, other: Declared<unknown>): boolean {
  return isWithin(one, other) && !isWithin(other, one)
}

function isWithin(one: Declared<unknown>, other: Declared<unknown>): boolean {
  if (one.segments.length < other.segments.length) return false
  if (!other.hasRest && (one.hasRest || one.segments.length !== other.segments.length)) return false
  if (other.hasRest && !one.hasRest && one.segments.length === other.segments.length) return false
  return other.segments.every((segment, at) => segment.startsWith(':') || segment === one.segments[at])
}

function malformed(pattern: string, rule: string): UsageError {
  return new UsageError('BW_INVALID_OPTION', `The topic pattern '${pattern}' cannot be: ${rule}.`)
}

function overlapping(pattern: string, other: string): UsageError {
  const text =
    pattern === other
      ? `The topic '${pattern}' is declared twice.`
      : `The topics '${pattern}' and '${other}' overlap, and neither is more specific: declare what both fit by itself.`
  return new UsageError('BW_INVALID_OPTION', text)
}
