// Feeds damaged frame streams and handshakes to @bothways/protocol until Ctrl-C, and keeps what makes it fail.
//   npm run fuzz -- [--seconds N] [--seed S]
import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { checkCase, makeCase, shrink } from '../test/fuzz/cases.mjs'

const corpus = new URL('../test/fuzz/corpus/', import.meta.url)
const progressMs = 10_000
/** Above this, something is kept that should not be: a case needs well under a MiB. */
const maxMemoryBytes = 512 * 1024 * 1024

const { seconds, seed } = readArguments()
const protocol = await import('@bothways/protocol').catch(() => {
  console.error('@bothways/protocol is not built. Run `npm run build` first.')
  process.exit(2)
})

let isStopped = false
process.once('SIGINT', () => {
  isStopped = true
})

const startMs = performance.now()
const endMs = startMs + seconds * 1_000
let nextReportMs = startMs + progressMs
let index = 0
console.log(
  `Fuzzing with seed ${seed}${seconds === Number.POSITIVE_INFINITY ? ' until Ctrl-C' : ` for ${seconds} s`}.`,
)
while (!isStopped && performance.now() < endMs) {
  for (let count = 0; count < 100; count++, index++) {
    const it = makeCase(seed, index)
    const problem = checkCase(protocol, it)
    if (problem !== undefined) await fail(it, problem)
  }
  if (performance.now() >= nextReportMs) {
    nextReportMs += progressMs
    report()
  }
  // Lets a signal in.
  await new Promise(resolve => setImmediate(resolve))
}
report()

function report() {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  const memoryBytes = heapUsed + arrayBuffers
  const tookSeconds = (performance.now() - startMs) / 1_000
  const speed = Math.round(index / tookSeconds)
  const MiB = Math.round(memoryBytes / 1024 / 1024)
  console.log(`${tookSeconds.toFixed(0)} s: ${index} cases, ${speed} per second, ${MiB} MiB, seed ${seed}`)
  if (memoryBytes <= maxMemoryBytes) return
  console.error(`More than ${maxMemoryBytes / 1024 / 1024} MiB are in use: something is kept.`)
  process.exit(1)
}

async function fail(it, problem) {
  const smallest = shrink(protocol, it)
  const file = new URL(`${it.target}-${seed}-${index}.json`, corpus)
  await mkdir(corpus, { recursive: true })
  await writeFile(file, `${JSON.stringify(smallest, undefined, 2)}\n`)
  console.error(`Case ${index} of seed ${seed} fails: ${problem}`)
  console.error(`The case is in ${file.pathname}; test/fuzz/fuzz.test.ts replays it from now on.`)
  process.exit(1)
}

function readArguments() {
  try {
    const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } })
    const given = {
      seconds: Number(values.seconds ?? Number.POSITIVE_INFINITY),
      seed: Number(values.seed ?? Date.now() % 2 ** 32),
    }
    if (given.seconds > 0 && Number.isInteger(given.seed)) return given
  } catch {
    // Told below.
  }
  console.error('Usage: npm run fuzz -- [--seconds N] [--seed S], both whole numbers')
  process.exit(2)
}
