import { UsageError } from '@bothways/protocol'

/** The type of `socket.data` where no route's `data` says it: an object for the program to fill. */
export type SocketData = Record<string, unknown>

export function asynchronousData(): UsageError {
  return new UsageError(
    'BW_INVALID_OPTION',
    "A route's data must return at once, got a promise: await in authenticate, and read what it returns as socket.user.",
  )
}
