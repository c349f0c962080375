import { existsSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from '../tools/lib/build-workspace.mjs'
import { install } from '../tools/lib/install.mjs'
import { prepareRuntimes } from '../tools/lib/runtimes.mjs'
import { compiler, requireSystemPackages } from '../tools/lib/system-packages.mjs'
import { run, Stop } from '../tools/lib/terminal.mjs'
import { compile } from './measure/compile.mjs'
import { arePinned } from './measure/cores.mjs'
import { asBase, measure } from './measure/measure.mjs'
import { mostConnections, spareFiles } from './measure/open-files.mjs'
import { topicRows } from './measure/topics.mjs'
import { chart } from './report/chart.mjs'
import { summarize, summarizeGrowth } from './report/results.mjs'
import { growthTable, table, topicsLine } from './report/table.mjs'
import { series, workloads } from './workloads.mjs'

const usage = `npm run bench -- [--quick | --growth] [--only TEXT]… [--base FOLDER] [--json] [--svg FILE]

  --quick       a first look in under two minutes: bothways, ws, socket.io and Bun, one short round, no growth, no topics
  --growth      only the tables a whole run ends with: what a message or a byte costs as the work grows
  --only TEXT   only workloads whose name contains it; may be given more than once. "topics:" are those of topics
  --base FOLDER our own peers once more, from another checkout that is built, such as \`git worktree add\` makes:
                what a change costs or brings, without \`--quick\` in three rounds
  --json        the results as JSON on standard output
  --svg FILE    writes a chart of the ratios
`

const quickPeers = ['bothways', 'ws', 'bun', 'bothways-socket.io', 'socket.io']

await run(async () => {
  const { quick, growth: onlyGrowth, json, svg, only, base, help } = options()
  if (help) {
    process.stdout.write(usage)
    return
  }
  if (process.platform !== 'linux') {
    throw new Stop('The benchmark reads /proc and uses epoll: it runs on Linux only.')
  }
  // Progress must not get into what is read by a program.
  const tell = line => (json ? process.stderr : process.stdout).write(`${line}\n`)
  const isChosen = ({ name }) => only.length === 0 || only.some(part => name.includes(part))
  const chosen = onlyGrowth ? [] : workloads.filter(isChosen).map(it => withBase(it, base))
  const growing = quick ? [] : series.filter(isChosen)
  const ofTopics = quick || onlyGrowth ? [] : topicRows.filter(isChosen)
  if (chosen.length + growing.length + ofTopics.length === 0)
    throw new Stop(`No workload's name contains ${only.join(' or ')}.`)

  await prepare(json)
  const programs = await compile(['load', 'ceiling', 'echo'])
  const how = {
    program: programs.path,
    settleMs: 2_000,
    base,
    ...(quick ? { warmupMs: 200, measureMs: 500 } : { warmupMs: 300, measureMs: 1_000 }),
  }
  const results = []
  const growth = []
  const topics = {}
  try {
    if (!arePinned)
      tell('There is only one core, or no taskset: server and load share it, and the figures say less.')
    const most = mostConnections()
    const isPossible = ({ name, connections }) => {
      if (connections <= most) return true
      tell(`Left out, since \`ulimit -n\` allows ${most + spareFiles} open files only: ${name}.\n`)
      return false
    }
    for (const workload of chosen.filter(isPossible)) {
      const result = summarize(workload, await rounds(workload, quick, how))
      results.push(result)
      tell(table(result))
    }
    for (const whole of growing) {
      const it = { ...whole, points: whole.points.filter(({ workload }) => isPossible(workload)) }
      const grown = summarizeGrowth(it, await measureGrowth(it, how))
      growth.push(grown)
      tell(growthTable(grown))
    }
    for (const { name, measure } of ofTopics) {
      topics[name] = await measure()
      tell(topicsLine(name, topics[name]))
    }
  } finally {
    programs.remove()
  }
  if (svg !== undefined) writeFileSync(svg, chart(results))
  if (json)
    process.stdout.write(`${JSON.stringify({ machine: machine(), results, growth, topics }, undefined, 2)}\n`)
})

function options() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        growth: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        svg: { type: 'string' },
        base: { type: 'string' },
        only: { type: 'string', multiple: true, default: [] },
      },
    })
    if (values.quick && values.growth) throw new Error('--quick measures no growth.')
    if (values.base === undefined) return values
    const base = resolve(values.base)
    if (existsSync(join(base, 'bench/peers')) && existsSync(join(base, 'packages/bothways/dist'))) {
      return { ...values, base }
    }
    throw new Error(`${base} is no checkout of Bothways that is built: run \`npm run build\` there.`)
  } catch (error) {
    throw new Stop(`${error.message}\n\n${usage}`, { cause: error })
  }
}

async function prepare(isQuiet) {
  const { write } = process.stdout
  // The installation's output is progress too.
  if (isQuiet) process.stdout.write = process.stderr.write.bind(process.stderr)
  try {
    await requireSystemPackages(compiler)
    await build()
    await install('bench')
    await prepareRuntimes()
  } finally {
    process.stdout.write = write
  }
}

/** A workload with our own peers of the other checkout beside them. */
function withBase(workload, base) {
  if (base === undefined) return workload
  const own = workload.peers.filter(it => it.startsWith('bothways'))
  return { ...workload, peers: [...workload.peers, ...own.map(asBase)] }
}

/** Every peer once in each round, in an order that turns: other work of the machine then meets all alike. */
async function rounds(workload, isQuick, how) {
  const peers = isQuick
    ? workload.peers.filter(it => quickPeers.includes(it.replace(asBase(''), '')))
    : workload.peers
  const count = isQuick ? 1 : 3
  const all = []
  for (let turn = 0; turn < count; turn++) {
    const round = {}
    for (let at = 0; at < peers.length; at++) {
      const peer = peers[(at + turn) % peers.length]
      round[peer] = await measure(peer, workload, how)
    }
    all.push(round)
  }
  return all
}

/** The measurements of each point, by peer. */
async function measureGrowth({ points }, how) {
  const all = []
  for (const { workload } of points) {
    const point = {}
    for (const peer of workload.peers) point[peer] = await measure(peer, workload, how)
    all.push(point)
  }
  return all
}

function machine() {
  const [{ model }] = cpus()
  return { node: process.version, cpu: model, cores: cpus().length, kernel: release(), arePinned }
}
