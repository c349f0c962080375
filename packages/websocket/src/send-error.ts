/** What the callback of a send gets when the connection was closing or closed already; Node's code for it. */
export function notSentError(isClosed: boolean): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(
    isClosed ? 'Cannot call write after a stream was destroyed' : 'write after end',
  )
  error.code = isClosed ? 'ERR_STREAM_DESTROYED' : 'ERR_STREAM_WRITE_AFTER_END'
  return error
}
