import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** What nobody holds any more is gone, so that the figures of `process.memoryUsage()` are of what somebody holds. */
export const collectGarbage: () => void = runInNewContext('gc')
