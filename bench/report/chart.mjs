/** Whom the chart shows, and how. A ratio to `ws` needs no bar for `ws`. */
const shown = [
  { peer: 'bothways', label: 'Bothways', style: 'ours' },
  { peer: 'bun', label: 'Bun', style: 'other' },
  { peer: 'ceiling', label: 'C without the protocol', style: 'ceiling' },
]

const width = 800
const labelWidth = 330
const barHeight = 14
const rowGap = 12
const top = 64

/**
 * The servers' ratios to `ws` as an SVG picture, on a logarithmic scale: 1 is level.
 *
 * @param {readonly import('./results.mjs').Result[]} results
 */
export function chart(results) {
  const rates = results.filter(it => it.unit !== 'bytes' && it.side === 'server' && it.base === 'ws')
  const most = Math.max(2, ...rates.flatMap(it => it.peers.map(peer => peer.ratio)))
  const x = ratio => labelWidth + (Math.log(Math.max(ratio, 1)) / Math.log(most)) * (width - labelWidth - 60)
  const lines = []
  let y = top
  for (const result of rates) {
    const bars = shown.filter(({ peer }) => result.peers.some(it => it.name === peer))
    lines.push(text(labelWidth - 10, y + (bars.length * barHeight) / 2 + 4, result.name, 'end'))
    for (const { peer, style } of bars) {
      const { ratio } = result.peers.find(it => it.name === peer)
      const end = x(ratio)
      lines.push(
        `<rect class="${style}" x="${labelWidth}" y="${y}" width="${Math.max(1, end - labelWidth).toFixed(1)}" height="${barHeight - 2}"/>`,
        text(end + 5, y + barHeight - 4, ratio.toFixed(ratio < 10 ? 2 : 1), 'start'),
      )
      y += barHeight
    }
    y += rowGap
  }
  const ticks = [1, 2, 5, 10, 20, 50].filter(it => it <= most)
  const grid = ticks.map(
    it =>
      `<line x1="${x(it).toFixed(1)}" x2="${x(it).toFixed(1)}" y1="${top - 6}" y2="${y}"/>${text(x(it), top - 12, `${it}x`, 'middle')}`,
  )
  const legend = shown.map(
    ({ label, style }, at) =>
      `<rect class="${style}" x="${labelWidth + at * 150}" y="14" width="12" height="12"/>${text(labelWidth + at * 150 + 18, 24, label, 'start')}`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 8}" viewBox="0 0 ${width} ${y + 8}" role="img" aria-label="Throughput as a ratio to ws">
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
line { stroke: #d0d7de }
.ours { fill: #0969da }
.other { fill: #8c959f }
.ceiling { fill: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  line { stroke: #30363d }
  .ours { fill: #4493f8 }
  .ceiling { fill: #484f58 }
}
</style>
${text(10, 24, 'Times the throughput of ws', 'start')}
${[...legend, ...grid, ...lines].join('\n')}
</svg>
`
}

function text(x, y, content, anchor) {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped}</text>`
}
