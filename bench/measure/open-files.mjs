import { readFileSync } from 'node:fs'

/** The files that a peer may have open besides its connections. */
export const spareFiles = 100

/**
 * How many connections a process that this one starts may hold. Node has raised its own soft limit to the hard one when
 * it started, and its children inherit that.
 *
 * @param {string} [limits] as `/proc/self/limits` has them
 */
export function mostConnections(limits = readFileSync('/proc/self/limits', 'utf8')) {
  const soft = /^Max open files +(\S+)/m.exec(limits)?.[1]
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft) - spareFiles
}
