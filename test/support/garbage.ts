import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Frees memory that nobody holds any more, so that the figures of `process.memoryUsage()` are of memory in use. */
export const collectGarbage: () => void = runInNewContext('gc')
