import type { IncomingMessage, ServerResponse } from 'node:http'

/** As of Express; it answers, or calls `next`. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown

/** Runs one middleware after the other; `onDone` follows when the last one has called `next`, or with an error. */
export function runMiddlewares(
  middlewares: readonly Middleware[],
  request: IncomingMessage,
  response: ServerResponse,
  onDone: (error?: unknown) => void,
): void {
  const run = (at: number): void => {
    const middleware = middlewares[at]
    if (middleware === undefined) {
      onDone()
      return
    }
    let isSettled = false
    const next = (error?: unknown): void => {
      if (isSettled) return
      isSettled = true
      if (error) onDone(error)
      else run(at + 1)
    }
    try {
      const result = middleware(request, response, next)
      if (result instanceof Promise) result.catch(error => next(error ?? new Error('middleware failed')))
    } catch (error) {
      next(error ?? new Error('middleware failed'))
    }
  }
  run(0)
}
