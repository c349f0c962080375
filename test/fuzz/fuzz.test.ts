import { readdir, readFile } from 'node:fs/promises'
import * as protocol from '@bothways/protocol'
import { describe, expect, test } from 'vitest'
import { type Case, checkCase, makeCase } from './cases.mjs'

const corpus = new URL('corpus/', import.meta.url)
const files = (await readdir(corpus)).filter(name => name.endsWith('.json'))

describe('Fuzzing', () => {
  test.each(files)('%s, which failed once, passes', async file => {
    const it = JSON.parse(await readFile(new URL(file, corpus), 'utf8')) as Case
    expect(checkCase(protocol, it)).toBeUndefined()
  })

  test('3,000 damaged streams and handshakes meet every rule that the fuzzer checks', () => {
    const seed = 20_261_120
    for (let index = 0; index < 3_000; index++) {
      const it = makeCase(seed, index)
      const problem = checkCase(protocol, it)
      expect(problem, `case ${index} of seed ${seed}: ${JSON.stringify(it).slice(0, 2_000)}`).toBeUndefined()
    }
  })
})
