import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export const historyLineCount = 1_000

/** Where the lines typed on a terminal are kept: `BOTHWAYS_HISTORY`, by default in the home folder; empty: nowhere. */
export function historyPath(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return environment.BOTHWAYS_HISTORY === ''
    ? undefined
    : (environment.BOTHWAYS_HISTORY ?? join(homedir(), '.bothways_history'))
}

/**
 * The lines typed in earlier sessions, one on each line of a file that only its owner reads. A file that cannot be
 * read or written is no reason to fail: the history then lasts as long as the session.
 */
export class HistoryFile {
  readonly #path: string | undefined
  /** Oldest first, at most {@link historyLineCount}. */
  readonly lines: readonly string[]
  #last: string | undefined

  constructor(path: string | undefined) {
    this.#path = path
    const all = readLines(path)
    this.lines = all.slice(-historyLineCount)
    this.#last = this.lines.at(-1)
    if (path !== undefined && all.length > 2 * historyLineCount) {
      attempt(() => writeFileSync(path, `${this.lines.join('\n')}\n`, { mode: 0o600 }))
    }
  }

  /** Keeps a line, unless it is empty or the last one again. */
  add(line: string): void {
    const path = this.#path
    if (path === undefined || line.trim() === '' || line === this.#last) return
    this.#last = line
    attempt(() => appendFileSync(path, `${line}\n`, { mode: 0o600 }))
  }
}

function readLines(path: string | undefined): string[] {
  if (path === undefined) return []
  const text = attempt(() => readFileSync(path, 'utf8')) ?? ''
  return text.split('\n').filter(line => line !== '')
}

function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
