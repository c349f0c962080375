/**
 * One workload's results as lines of text.
 *
 * @param {import('./results.mjs').Result} result
 */
export function table({ name, unit, goal, base, peers }) {
  const columns = ['', 'figure', `x ${base}`, 'spread', 'CPU us', 'p50 us', 'p99 us']
  const rows = peers.map(it => [
    it.name,
    number(it.figure),
    it.ratio.toFixed(2),
    `${it.lowest.toFixed(2)}-${it.highest.toFixed(2)}`,
    it.cpuUs === undefined ? '' : it.cpuUs.toFixed(2),
    it.p50Us ? number(it.p50Us) : '',
    it.p99Us ? number(it.p99Us) : '',
    it.isLoadLimited ? 'the load was the limit' : '',
  ])
  return [`${name} (${unit}; goal ${goal})`, ...aligned([columns, ...rows]), ''].join('\n')
}

/**
 * The figures of a measurement of topics, in a line.
 *
 * @param {string} name
 * @param {Readonly<Record<string, number>>} figures by what they count
 */
export function topicsLine(name, figures) {
  const told = Object.entries(figures).map(([what, it]) => `${what} ${it < 10 ? it.toFixed(2) : number(it)}`)
  return `${name}: ${told.join(', ')}`
}

/**
 * The cost of a message or a byte as the work grows, and its ratio to the cheapest.
 *
 * @param {import('./results.mjs').Growth} growth
 */
export function growthTable({ name, unit, sizes, costs }) {
  const rows = Object.entries(costs).map(([peer, values]) => {
    const least = Math.min(...values)
    return [peer, ...values.map(it => `${it.toFixed(2)} (x ${(it / least).toFixed(1)})`)]
  })
  const what = unit === 'us' ? 'CPU us for each message' : 'CPU ns for each byte'
  return [`${name} (${what})`, ...aligned([['', ...sizes], ...rows]), ''].join('\n')
}

/** Rows of cells as lines, the first column to the left, all others to the right. */
function aligned(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map(cells => (cells[at] ?? '').length)))
  return rows.map(cells => {
    const padded = cells.map((cell, at) =>
      at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at] ?? 0),
    )
    return `  ${padded.join('  ').trimEnd()}`
  })
}

function number(value) {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })
}
