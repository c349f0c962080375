import { UsageError } from '@bothways/protocol'
import { kindOf } from '../connection/option-checks.ts'
import { noParams, type RouteParams } from '../opening/route-params.ts'

const wholeName = /^[A-Za-z_]\w*$/

/**
 * A route's path: segments that are to be there literally, parameters (`:id`) for one segment that is not empty, and at
 * its end `*` for everything below.
 */
export class RoutePattern {
  readonly path: string
  /** Sorted by it, a pattern that says more comes before one that says less. */
  readonly rank: string
  /** The same for patterns that differ in the names of parameters only: they serve the same paths. */
  readonly shape: string
  readonly isLiteral: boolean
  readonly #segments: readonly string[]
  readonly #isPrefix: boolean

  /** @throws UsageError `BW_INVALID_OPTION` for a path that no request can have, or that does not mean what it says */
  constructor(path: string) {
    checkPath(path)
    this.path = path
    this.#isPrefix = path.endsWith('/*')
    const segments = path.slice(1).split('/')
    if (this.#isPrefix) segments.pop()
    this.#segments = segments
    this.rank = segments.map(it => (isParam(it) ? '1' : '0')).join('') + (this.#isPrefix ? '2' : '')
    this.shape = path.replaceAll(/\/:\w+/g, '/:')
    this.isLiteral = !this.#isPrefix && !segments.some(isParam)
  }

  /** The parameters of a path, percent-decoded; undefined for a path that is not served. */
  match(path: string): RouteParams | undefined {
    const segments = this.#segments
    const parts = path.slice(1).split('/', segments.length + 1)
    if (this.#isPrefix ? parts.length <= segments.length : parts.length !== segments.length) return undefined
    let params: Record<string, string> | undefined
    for (const [at, segment] of segments.entries()) {
      const part = parts[at] as string
      if (!isParam(segment)) {
        if (segment !== part) return undefined
        continue
      }
      const value = decoded(part)
      if (value === undefined || value === '') return undefined
      params ??= {}
      params[segment.slice(1)] = value
    }
    return params ?? noParams
  }
}

function isParam(segment: string): boolean {
  return segment.startsWith(':')
}

/** RFC 3986 §2.1; undefined for what no octets of UTF-8 are encoded as. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string') {
    const got = path instanceof RegExp ? `the regular expression ${path}` : kindOf(path)
    throw wrong(
      `A route's path is a string, such as '/chat', '/rooms/:id' for one segment and '/files/*' for all below; got ${got}.`,
    )
  }
  if (/^wss?:|^https?:/i.test(path)) {
    throw wrong(`A route has a path, without scheme and host: '/chat', not '${path}'.`)
  }
  const foreign = /(?<=\/)(?:\{|\[|<|\(|%7B)(?:\.\.\.)?(\w+)[^/]*(?=\/|$)/.exec(path)
  if (foreign !== null) {
    throw wrong(`A parameter is written /:${foreign[1]}, and everything below a path /*; got '${path}'.`)
  }
  if (!path.startsWith('/') || /[^/]\*|\*.|[?#\s]/.test(path)) {
    const hint = /\?$/.test(path) ? ' A segment that may be missing needs two routes.' : ''
    throw wrong(
      `A route's path begins with a slash and may end in /*, as '/chat' and '/rooms/*' do; got '${path}'.${hint}`,
    )
  }
  checkNames(path)
  const asRequested = new URL(`ws://localhost${path}`).pathname
  if (path !== asRequested) {
    throw wrong(`No request has the path '${path}': clients send it as '${asRequested}'.`)
  }
}

function checkNames(path: string): void {
  const names = path.split('/').filter(it => it.includes(':'))
  for (const [at, segment] of names.entries()) {
    if (!isParam(segment) || !wholeName.test(segment.slice(1))) {
      throw wrong(
        `A parameter is a whole segment: a colon and a name of letters, digits and _, as in '/rooms/:id'; got '${segment}' in '${path}'. What its value must look like is checked in authenticate or open.`,
      )
    }
    if (segment === ':__proto__' || names.indexOf(segment) !== at) {
      throw wrong(`Each parameter of a path has a name of its own; got '${segment}' in '${path}'.`)
    }
  }
}

function wrong(message: string): UsageError {
  return new UsageError('BW_INVALID_OPTION', message)
}
