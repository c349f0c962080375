import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Case, checkCase, makeCase } from './cases.mjs'

const corpus = new URL('corpus/', import.meta.url)
const files = (await readdir(corpus)).filter(name => name.endsWith('.json'))

describe('Fuzzing', () => {
  test.each(files)('%s, which failed once, passes', async file => {
    const it = JSON.parse(await readFile(new URL(file, corpus), 'utf8')) as Case
    expect(await checkCase(it)).toBeUndefined()
  })

  test('3,000 damaged frames, handshakes, messages and packets meet every rule that the fuzzer checks', async () => {
    const seed = 20_261_120
    for (let index = 0; index < 3_000; index++) {
      const it = makeCase(seed, index)
      const problem = await checkCase(it)
      expect(problem, `case ${index} of seed ${seed}: ${JSON.stringify(it).slice(0, 2_000)}`).toBeUndefined()
    }
  }, 120_000)
})
