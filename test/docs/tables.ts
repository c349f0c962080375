import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** The rows of the tables in a page, or in the section of it below `heading`, as their cells. */
export function rowsOf(page: string, heading?: string): string[][] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  const from = heading === undefined ? 0 : lines.indexOf(heading) + 1
  if (heading !== undefined && from === 0) throw new Error(`${page} has no line ${heading}`)
  const level = heading?.indexOf(' ') ?? 0
  const isNext = (line: string) => new RegExp(`^#{1,${level}} `).test(line)
  const length = lines.slice(from).findIndex(line => level > 0 && isNext(line))
  return lines
    .slice(from, length === -1 ? undefined : from + length)
    .filter(line => line.startsWith('| '))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    )
}

/** The rows that begin with a name in code, by that name. */
export function rowsByName(page: string, heading?: string): Map<string, string[]> {
  const named = rowsOf(page, heading).map(cells => [/^`(\w+)/.exec(cells[0] ?? '')?.[1], cells] as const)
  return new Map(named.filter((row): row is [string, string[]] => row[0] !== undefined))
}

/** A default as the tables write it; undefined for a value that is no number, string or boolean. */
export function defaultText(value: unknown): string | undefined {
  if (value === Number.MAX_SAFE_INTEGER || value === Number.POSITIVE_INFINITY) return 'no bound'
  if (typeof value === 'number') return value.toLocaleString('en')
  if (typeof value === 'string') return `\`'${value}'\``
  return typeof value === 'boolean' ? String(value) : undefined
}
