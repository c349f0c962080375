/** The one of `known` that takes the fewest changes of a letter to become `word`. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  return known.toSorted((a, b) => changes(a, word) - changes(b, word))[0]
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
