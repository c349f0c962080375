import { format } from 'node:util'

/** Prints a line; the format is that of `console.log`. */
export type DebugLog = (format: string, ...values: unknown[]) => void

/**
 * A function that prints the lines of a part of this package, if the environment variable `DEBUG` asks for it by name, as it does of
 * npm's `debug`: `socket.io:client`, `socket.io*`, `*,-engine`. Else undefined: `log?.(…)` costs nothing then. Nothing
 * secret is printed: no ids of sessions, no data of events.
 */
export function debugLog(name: string, asked: string | undefined = process.env.DEBUG): DebugLog | undefined {
  if (asked === undefined || !isAskedFor(name, asked)) return undefined
  return (text, ...values) => {
    process.stderr.write(`${new Date().toISOString()} ${name} ${format(text, ...values)}\n`)
  }
}

function isAskedFor(name: string, asked: string): boolean {
  const patterns = asked.split(/[\s,]+/).filter(it => it !== '')
  const fits = (pattern: string): boolean => {
    const source = pattern.split('*').map(it => it.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    return new RegExp(`^${source.join('.*')}$`).test(name)
  }
  const isExcluded = patterns.some(it => it.startsWith('-') && fits(it.slice(1)))
  return !isExcluded && patterns.some(it => !it.startsWith('-') && fits(it))
}
