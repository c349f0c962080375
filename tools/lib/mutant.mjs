// One mutant, in a process of its own that `mutate.mjs` starts: fuzzes the sources with one bug in them.
//   node tools/lib/mutant.mjs INDEX SECONDS SEED
// The last line that it prints is JSON: how many cases it took and what failed, or `{}`.
import { mutations } from '../../test/mutation/mutations.mjs'
import { importFromSource } from './from-source.mjs'

const [index, seconds, seed] = process.argv.slice(2).map(Number)
importFromSource(mutations[index])
console.log(JSON.stringify(await find()))
process.exit()

async function find() {
  const startMs = performance.now()
  const { fuzz } = await import('../../test/fuzz/fuzz.mjs')
  const endMs = startMs + seconds * 1_000
  const failure = await fuzz(seed, () => performance.now() < endMs)
  return failure === undefined ? {} : { count: failure.index + 1, problem: failure.problem.split('\n')[0] }
}
