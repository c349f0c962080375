import { callRetryDelay } from './backoff.ts'
import type { Environment } from './environment.ts'

/** Calls in so many ms, in place of what it was to call before; without a callback it calls nothing. */
export type Timer = (callback?: () => void, ms?: number) => void

export function createTimer(environment: Environment): Timer {
  let cancel: (() => void) | undefined
  return (callback, ms = 0) => {
    cancel?.()
    cancel = callback && environment.setTimer(callback, ms)
  }
}

/** When a call that was refused for now is made again: later each time, until it has worked. */
export interface Retry {
  /** @param toldMs how long the server wants it to wait */
  again(callback: () => void, toldMs: number | undefined): void
  worked(): void
  cancel(): void
}

export function createRetry(environment: Environment): Retry {
  const timer = createTimer(environment)
  let failedCount = 0
  return {
    again: (callback, toldMs) => timer(callback, callRetryDelay(toldMs, ++failedCount, environment.random())),
    worked: () => {
      failedCount = 0
    },
    cancel: () => timer(),
  }
}
