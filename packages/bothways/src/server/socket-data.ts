import { UsageError } from '@bothways/protocol'

/** What `socket.data` is where no route says what it begins as: the program's to fill. */
export type SocketData = Record<string, unknown>

export function asynchronousData(): UsageError {
  return new UsageError(
    'BW_INVALID_OPTION',
    "A route's data must return at once, got a promise: await in authenticate, and read what it returns as socket.user.",
  )
}
