import { checkCase, makeCase } from './cases.mjs'

/**
 * Checks one case after the other.
 *
 * @param {number} seed
 * @param {(count: number) => boolean} goesOn asked after each hundred cases
 * @returns the first case that fails, its number and what is wrong; undefined when none did
 */
export async function fuzz(seed, goesOn) {
  for (let index = 0; ; index++) {
    const it = makeCase(seed, index)
    const problem = await checkCase(it)
    if (problem !== undefined) return { index, it, problem }
    if (index % 100 !== 99) continue
    // Lets a signal in.
    await new Promise(resolve => setImmediate(resolve))
    if (!goesOn(index + 1)) return undefined
  }
}
