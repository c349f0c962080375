/** The middle of the values, or the mean of the two in the middle; NaN when there are none. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]
  return (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * How each peer's rounds compare with those of `base`: round by round, since what the machine does besides changes
 * from one to the next.
 *
 * @param {readonly Readonly<Record<string, number>>[]} rounds a figure by peer for each round
 * @returns {Record<string, { median: number, lowest: number, highest: number }>}
 */
export function ratios(rounds, base) {
  const result = {}
  for (const peer of new Set(rounds.flatMap(round => Object.keys(round)))) {
    const values = rounds
      .filter(round => round[peer] !== undefined && round[base] !== undefined)
      .map(round => round[peer] / round[base])
    if (values.length === 0) continue
    result[peer] = { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) }
  }
  return result
}
