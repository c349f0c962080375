import { median, ratios } from '../measure/statistics.mjs'

/**
 * @typedef {object} PeerResult
 * @property {string} name
 * @property {number} figure the median
 * @property {number} ratio to `base`, the median of the rounds' ratios
 * @property {number} lowest of them
 * @property {number} highest
 * @property {number} [cpuUs]
 * @property {number} [p50Us]
 * @property {number} [p99Us]
 * @property {boolean} isLoadLimited in any round
 */

/**
 * @typedef {object} Result
 * @property {string} name of the workload
 * @property {string} unit
 * @property {string} goal
 * @property {string} base the peer that all are compared with
 * @property {'server' | 'client'} side
 * @property {readonly PeerResult[]} peers the best first
 */

/**
 * @param {import('../workloads.mjs').Workload} workload
 * @param {readonly Readonly<Record<string, import('../measure/measure.mjs').Measurement>>[]} rounds
 * @returns {Result}
 */
export function summarize({ name, unit, goal, base, side }, rounds) {
  const figures = rounds.map(round =>
    Object.fromEntries(Object.entries(round).map(([peer, { figure }]) => [peer, figure])),
  )
  const peers = Object.entries(ratios(figures, base)).map(([peer, ratio]) => {
    const measured = rounds.map(round => round[peer]).filter(it => it !== undefined)
    const middle = key => (measured[0][key] === undefined ? undefined : median(measured.map(it => it[key])))
    return {
      name: peer,
      figure: median(measured.map(it => it.figure)),
      ratio: ratio.median,
      lowest: ratio.lowest,
      highest: ratio.highest,
      cpuUs: middle('cpuUs'),
      p50Us: middle('p50Us'),
      p99Us: middle('p99Us'),
      isLoadLimited: measured.some(it => it.isLoadLimited === true),
    }
  })
  const best = unit === 'bytes' ? 1 : -1
  return { name, unit, goal, base, side, peers: peers.toSorted((a, b) => best * (a.ratio - b.ratio)) }
}

/**
 * The cost of a message for a server as the work grows, in CPU microseconds, or of a byte in nanoseconds.
 *
 * @typedef {object} Growth
 * @property {string} name
 * @property {string} unit
 * @property {readonly string[]} sizes
 * @property {Readonly<Record<string, readonly number[]>>} costs by peer, one for each size
 */

/**
 * @param {import('../workloads.mjs').Series} series
 * @param {readonly Readonly<Record<string, import('../measure/measure.mjs').Measurement>>[]} points
 * @returns {Growth}
 */
export function summarizeGrowth({ name, unit, points }, measured) {
  const costs = {}
  for (const peer of Object.keys(measured[0])) {
    costs[peer] = measured.map((point, at) =>
      unit === 'us' ? point[peer].cpuUs : (point[peer].cpuUs * 1_000) / points[at].workload.bytes,
    )
  }
  return { name, unit, sizes: points.map(it => it.size), costs }
}
