const columns = ['', 'figure', 'x ws', 'spread', 'CPU us', 'p50 us', 'p99 us']

/**
 * One workload's results as lines of text.
 *
 * @param {import('./results.mjs').Result} result
 */
export function table({ name, unit, goal, peers }) {
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
  const widths = columns.map((title, at) => Math.max(title.length, ...rows.map(cells => cells[at].length)))
  const line = cells =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [`${name} (${unit}; goal ${goal})`, ...[columns, ...rows].map(cells => `  ${line(cells)}`), ''].join(
    '\n',
  )
}

function number(value) {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })
}
