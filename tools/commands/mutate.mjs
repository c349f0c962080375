// Plants each bug of test/mutation/mutations.mjs in turn and fuzzes for a minute at most: does the fuzzer find it?
//   npm run mutate -- [--seconds N] [--seed S] [--only TEXT]…
// A mutation is applied as its file is loaded; nothing is written.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { applyMutation } from '../../test/mutation/apply-mutation.mjs'
import { mutations } from '../../test/mutation/mutations.mjs'
import { root } from '../lib/spawn.mjs'

const mutant = fileURLToPath(new URL('../lib/mutant.mjs', import.meta.url))
/** The time that a mutant may take beyond its own: its start, its last hundred cases. After that it hangs. */
const graceMs = 20_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [''] },
  },
})
const seconds = Number(values.seconds)

for (const mutation of mutations) applyMutation(await readFile(`${root}/${mutation.file}`, 'utf8'), mutation)
const chosen = [...mutations.entries()].filter(([, { title }]) =>
  values.only.some(text => title.includes(text)),
)
console.log(`${chosen.length} mutants, ${seconds} s for each at most, seed ${values.seed}.`)

// Without a bug nothing must be found.
const sound = await fuzzMutant(-1, Math.min(seconds, 5))
if (sound.problem !== undefined) {
  console.error(`Without any bug the fuzzer says: ${sound.problem}`)
  process.exit(1)
}

const missed = []
const left = chosen.values()
const slowest = { took: 0 }
await Promise.all(Array.from({ length: availableParallelism() }, work))
console.log(
  `${chosen.length - missed.length} of ${chosen.length} found` +
    (slowest.title === undefined
      ? '.'
      : `; the longest search took ${slowest.took.toFixed(1)} s (${slowest.title}).`),
)
for (const title of missed) console.error(`Not found: ${title}`)
process.exitCode = missed.length > 0 ? 1 : 0

async function work() {
  for (const [index, { title }] of left) {
    const startMs = performance.now()
    const { count, problem } = await fuzzMutant(index, seconds)
    const took = (performance.now() - startMs) / 1_000
    if (problem === undefined) missed.push(title)
    else if (took > slowest.took) Object.assign(slowest, { took, title })
    const outcome = problem === undefined ? 'NOT FOUND' : count === undefined ? 'hangs' : `case ${count}`
    console.log(`${took.toFixed(1).padStart(5)} s  ${outcome.padEnd(11)}  ${title}`)
  }
}

/** The fuzzer's verdict on a mutant, and after how many cases; a mutant that ends by itself or never is found as well. */
function fuzzMutant(index, limit) {
  const child = spawn(process.execPath, [mutant, index, limit, values.seed], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), limit * 1_000 + graceMs)
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  return new Promise(resolve => {
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const last = output.trim().split('\n').at(-1) ?? ''
      resolve(code === 0 ? JSON.parse(last) : { problem: `the process ended with ${signal ?? code}` })
    })
  })
}
