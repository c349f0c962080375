import { describe, expect, test } from 'vitest'
import { median, ratios } from '../measure/statistics.mjs'
import { chart } from './chart.mjs'
import { summarize, summarizeGrowth } from './results.mjs'
import { growthTable, table } from './table.mjs'

describe('Statistics', () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
  ])('The median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  test('Ratios are taken round by round: a round in which all were slow changes none', () => {
    const rounds = [
      { ws: 100, bothways: 200 },
      { ws: 10, bothways: 30 },
      { ws: 100, bothways: 250, bun: 100 },
    ]
    expect(ratios(rounds, 'ws')).toEqual({
      ws: { median: 1, lowest: 1, highest: 1 },
      bothways: { median: 2.5, lowest: 2, highest: 3 },
      bun: { median: 1, lowest: 1, highest: 1 },
    })
  })
})

const workload = { name: 'echo', unit: 'messages/s', goal: '>= 2', base: 'ws', side: 'server' }
const at = (figure, cpuUs = 1) => ({ figure, cpuUs, p50Us: 10, p99Us: 20, isLoadLimited: figure > 900 })

describe('Results', () => {
  const rounds = [
    { ws: at(100), bothways: at(300) },
    { ws: at(200), bothways: at(400) },
    { ws: at(300), bothways: at(1_000, 5) },
  ]
  const result = summarize(workload, rounds)

  test('The best comes first, with the medians; less is better of bytes', () => {
    expect(result.peers.map(it => [it.name, it.figure, it.ratio, it.cpuUs, it.isLoadLimited])).toEqual([
      ['bothways', 400, 3, 1, true],
      ['ws', 200, 1, 1, false],
    ])
    const memory = summarize({ ...workload, unit: 'bytes' }, [{ ws: { figure: 9 }, bothways: { figure: 3 } }])
    expect(memory.peers.map(it => it.name)).toEqual(['bothways', 'ws'])
  })

  test('A row may compare with another peer than ws: the table says so, and the chart leaves it out', () => {
    const other = rounds.map(({ ws, bothways }) => ({ 'socket.io': ws, 'bothways-socket.io': bothways }))
    const compared = summarize({ ...workload, base: 'socket.io' }, other)
    expect(compared.peers.map(it => [it.name, it.ratio])).toEqual([
      ['bothways-socket.io', 3],
      ['socket.io', 1],
    ])
    expect(table(compared).split('\n')[1]).toContain(' x socket.io ')
    expect(chart([{ ...compared, name: 'not here' }])).not.toContain('not here')
  })

  test('The table says what was measured, the spread, and where the load was the limit', () => {
    const lines = table(result).split('\n')
    expect(lines[0]).toBe('echo (messages/s; goal >= 2)')
    expect(lines[2]).toMatch(/^ {2}bothways +400 +3\.00 +2\.00-3\.33 +1\.00 +10 +20 +the load was the limit$/)
    expect(lines[3]).toMatch(/^ {2}ws +200 +1\.00 +1\.00-1\.00 +1\.00 +10 +20$/)
  })

  test('The chart has a bar for each peer that is shown, and no text that could be markup', () => {
    const svg = chart([{ ...result, name: 'a < b & c' }])
    expect(svg.match(/<rect class="ours"/g)).toHaveLength(2)
    expect(svg).toContain('a &lt; b &amp; c')
    expect(svg).not.toMatch(/NaN|undefined/)
  })

  test('Growth compares each size with the cheapest, for each message or each byte', () => {
    const points = [10, 100].map(bytes => ({ size: `${bytes} B`, workload: { bytes } }))
    const measured = [
      { ws: at(1, 1), bothways: at(1, 2) },
      { ws: at(1, 4), bothways: at(1, 10) },
    ]
    const grown = summarizeGrowth({ name: 'longer', unit: 'ns', points }, measured)
    expect(grown.costs).toEqual({ ws: [100, 40], bothways: [200, 100] })
    expect(growthTable(grown).split('\n')[2]).toMatch(/^ {2}ws +100\.00 \(x 2\.5\) +40\.00 \(x 1\.0\)$/)
    expect(summarizeGrowth({ name: 'more', unit: 'us', points }, measured).costs.ws).toEqual([1, 4])
  })
})
