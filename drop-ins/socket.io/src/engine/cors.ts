import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Middleware } from './middleware.ts'

/** An origin that is allowed, or several; true reflects whichever it is, false switches the headers off. */
export type StaticOrigin = boolean | string | RegExp | readonly (boolean | string | RegExp)[]

export type CustomOrigin = (
  requestOrigin: string | undefined,
  callback: (error: Error | null, origin?: StaticOrigin) => void,
) => void

/** The rights of scripts of other origins (Fetch standard, "CORS protocol"), with the names of npm's `cors`. */
export interface CorsOptions {
  origin?: StaticOrigin | CustomOrigin
  methods?: string | readonly string[]
  allowedHeaders?: string | readonly string[]
  /** The same, by its older name. */
  headers?: string | readonly string[]
  exposedHeaders?: string | readonly string[]
  credentials?: boolean
  /** In seconds. */
  maxAge?: number
  /** Leaves the answer to a preflight to the next middleware. */
  preflightContinue?: boolean
  optionsSuccessStatus?: number
}

/** Options for each request. */
export type CorsOptionsDelegate = (
  request: IncomingMessage,
  callback: (error: Error | null, options?: CorsOptions) => void,
) => void

const defaultMethods = 'GET,HEAD,PUT,PATCH,POST,DELETE'

/** A middleware that answers preflights and lets scripts of other origins read the answers to the rest. */
export function cors(options: CorsOptions | CorsOptionsDelegate): Middleware {
  return (request, response, next) => {
    if (typeof options !== 'function') {
      apply(options, request, response, next)
      return
    }
    options(request, (error, chosen) => {
      if (error) next(error)
      else apply(chosen ?? {}, request, response, next)
    })
  }
}

function apply(
  options: CorsOptions,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const { origin = '*' } = options
  if (typeof origin !== 'function') {
    answer(options, origin, request, response, next)
    return
  }
  origin(request.headers.origin, (error, chosen) => {
    if (error) next(error)
    else answer(options, chosen ?? false, request, response, next)
  })
}

function answer(
  options: CorsOptions,
  origin: StaticOrigin,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  if (origin === false || origin === '') {
    next()
    return
  }
  const isPreflight = request.method === 'OPTIONS'
  allowOrigin(origin, request, response)
  if (options.credentials === true) response.setHeader('Access-Control-Allow-Credentials', 'true')
  if (isPreflight) allowRequest(options, request, response)
  setList(response, 'Access-Control-Expose-Headers', options.exposedHeaders)
  if (!isPreflight || options.preflightContinue) {
    next()
    return
  }
  response.statusCode = options.optionsSuccessStatus ?? 204
  // Some browsers would wait for a body.
  response.setHeader('Content-Length', '0')
  response.end()
}

function allowOrigin(origin: StaticOrigin, request: IncomingMessage, response: ServerResponse): void {
  if (origin === '*') {
    response.setHeader('Access-Control-Allow-Origin', '*')
    return
  }
  const requested = request.headers.origin
  const allowed = typeof origin === 'string' ? origin : isAllowed(requested, origin) ? requested : undefined
  if (allowed !== undefined) response.setHeader('Access-Control-Allow-Origin', allowed)
  vary(response, 'Origin')
}

function allowRequest(options: CorsOptions, request: IncomingMessage, response: ServerResponse): void {
  setList(response, 'Access-Control-Allow-Methods', options.methods ?? defaultMethods)
  const allowedHeaders = options.allowedHeaders ?? options.headers
  if (allowedHeaders === undefined) {
    vary(response, 'Access-Control-Request-Headers')
    setList(
      response,
      'Access-Control-Allow-Headers',
      request.headers['access-control-request-headers'] as string | undefined,
    )
  } else {
    setList(response, 'Access-Control-Allow-Headers', allowedHeaders)
  }
  if (options.maxAge !== undefined) response.setHeader('Access-Control-Max-Age', String(options.maxAge))
}

function isAllowed(requested: string | undefined, origin: StaticOrigin): boolean {
  if (typeof origin === 'string') return requested === origin
  if (origin instanceof RegExp) {
    // A pattern with the flag `g` remembers where it was.
    origin.lastIndex = 0
    return origin.test(String(requested))
  }
  if (typeof origin === 'boolean') return origin
  return origin.some(it => isAllowed(requested, it))
}

function setList(response: ServerResponse, name: string, list: string | readonly string[] | undefined): void {
  const value = typeof list === 'object' ? list.join(',') : list
  if (value) response.setHeader(name, value)
}

/** Adds to `Vary` (RFC 9110 §12.5.5), once. */
export function vary(response: ServerResponse, name: string): void {
  const present = response.getHeader('Vary')
  const names = (Array.isArray(present) ? present.join(', ') : String(present ?? ''))
    .split(',')
    .map(it => it.trim())
    .filter(it => it !== '')
  if (names.includes('*') || names.some(it => it.toLowerCase() === name.toLowerCase())) return
  response.setHeader('Vary', [...names, name].join(', '))
}
