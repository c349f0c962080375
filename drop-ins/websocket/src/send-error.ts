/** The error that the callback of a send gets when closing has begun before it; Node's text and code for it. */
export function notSentError(): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error('write after end')
  error.code = 'ERR_STREAM_WRITE_AFTER_END'
  return error
}
