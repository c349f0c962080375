// Feeds damaged frames, handshakes, compressed messages and packets to the parsers, the connection and the codecs until
// Ctrl-C, and keeps what makes them fail. Nothing has to be built: the sources are what is tried.
//   npm run fuzz -- [--seconds N] [--seed S]
import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { importFromSource } from '../lib/from-source.mjs'

const corpus = new URL('../../test/fuzz/corpus/', import.meta.url)
const progressMs = 10_000
/** Above this, something is kept that should not be: a case needs a few MiB. */
const maxMemoryBytes = 512 * 1024 * 1024

const { seconds, seed } = readArguments()
importFromSource()
const { fuzz } = await import('../../test/fuzz/fuzz.mjs')

let isStopped = false
process.once('SIGINT', () => {
  isStopped = true
})

const startMs = performance.now()
const endMs = startMs + seconds * 1_000
let nextReportMs = startMs + progressMs
const isEndless = seconds === Number.POSITIVE_INFINITY
console.log(`Fuzzing with seed ${seed}${isEndless ? ' until Ctrl-C' : ` for ${seconds} s`}.`)
const failure = await fuzz(seed, count => {
  const goesOn = !isStopped && performance.now() < endMs
  if (!goesOn || performance.now() >= nextReportMs) {
    nextReportMs += progressMs
    report(count)
  }
  return goesOn
})
if (failure !== undefined) await keep(failure)

function report(count) {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  const memoryBytes = heapUsed + arrayBuffers
  const tookSeconds = (performance.now() - startMs) / 1_000
  const speed = Math.round(count / tookSeconds)
  const MiB = Math.round(memoryBytes / 1024 / 1024)
  console.log(`${tookSeconds.toFixed(0)} s: ${count} cases, ${speed} per second, ${MiB} MiB, seed ${seed}`)
  if (memoryBytes <= maxMemoryBytes) return
  console.error(`More than ${maxMemoryBytes / 1024 / 1024} MiB are in use: something is kept.`)
  process.exit(1)
}

async function keep({ index, it, problem }) {
  const { shrink } = await import('../../test/fuzz/cases.mjs')
  const file = new URL(`${it.target}-${seed}-${index}.json`, corpus)
  await mkdir(corpus, { recursive: true })
  await writeFile(file, `${JSON.stringify(await shrink(it), undefined, 2)}\n`)
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
