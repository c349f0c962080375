import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const canPin = availableParallelism() >= 2 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** Whether server and load have a core each. */
export const arePinned = canPin

/**
 * A command that runs on one core: the server on the first, the load on the second, where there are two.
 *
 * @param {'server' | 'load'} part
 * @returns {[file: string, args: string[]]}
 */
export function pinned(part, file, args) {
  return canPin ? ['taskset', ['-c', part === 'server' ? '0' : '1', file, ...args]] : [file, [...args]]
}
