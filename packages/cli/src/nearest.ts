import type { Words } from './language.ts'

/**
 * The one of `known` that `word` was probably meant to be: the one it begins, or the one that takes the fewest changes
 * of a letter; undefined when none is near.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word === '') return undefined
  const begun = known.filter(name => name.startsWith(word))
  const [closest] = (begun.length > 0 ? begun : [...known]).sort(
    (a, b) => changes(a, word) - changes(b, word),
  )
  if (closest === undefined || begun.length > 0) return closest
  return changes(closest, word) <= Math.max(1, Math.floor(word.length / 2)) ? closest : undefined
}

function changes(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (const letter of from) {
    const next = [(row[0] ?? 0) + 1]
    for (let at = 1; at <= to.length; at++) {
      const replaced = (row[at - 1] ?? 0) + (letter === to[at - 1] ? 0 : 1)
      next.push(Math.min(replaced, (next[at - 1] ?? 0) + 1, (row[at] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** `; did you mean …?`, or the end of the sentence. */
export function suggestion(word: string, known: readonly string[], prefix = ''): Words {
  const name = nearest(word, known)
  if (name === undefined) return { en: '.', zh: '。' }
  return { en: `; did you mean ${prefix}${name}?`, zh: `；是不是 ${prefix}${name}？` }
}
