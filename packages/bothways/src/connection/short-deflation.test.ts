import { createHook } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { constants, deflateRawSync } from 'node:zlib'
import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'

type Deflate = typeof import('./short-deflation.ts').deflateShort

async function deflateBy(transport: 'auto' | 'stream'): Promise<Deflate> {
  vi.resetModules()
  vi.stubEnv('BOTHWAYS_TRANSPORT', transport)
  const { deflateShort } = await import('./short-deflation.ts')
  // From here on it is what it is.
  for (let level = 1; level <= 9; level++) deflateShort(Buffer.from('first'), { ...options, level })
  return deflateShort
}

const options = { windowBits: 15, level: 6, finishFlush: constants.Z_SYNC_FLUSH }

let kept: Deflate
let plain: Deflate

beforeAll(async () => {
  kept = await deflateBy('auto')
  plain = await deflateBy('stream')
})

afterEach(() => vi.unstubAllEnvs())

const text = fc.string({ unit: fc.constantFrom('a', 'bc', 'the same again '), maxLength: 300 })
const bytes = fc.oneof(
  text.map(it => Buffer.from(it)),
  fc.uint8Array({ maxLength: 300 }),
)
const level = fc.integer({ min: 0, max: 9 })
const windowBits = fc.constantFrom(9, 12, 15)
const dictionary = fc.option(text.filter(it => it.length > 0).map(it => Buffer.from(it)))

test('One zlib for all messages compresses to the same bytes as one for each does', () => {
  checkLaw(
    fc.property(bytes, level, windowBits, dictionary, (message, itsLevel, itsWindowBits, before) => {
      const its = { ...options, level: itsLevel, windowBits: itsWindowBits }
      const all = before === null ? its : { ...its, dictionary: before }
      const expected = deflateRawSync(message, all)
      expect(kept(message, all)).toEqual(expected)
      expect(plain(message, all)).toEqual(expected)
    }),
  )
})

test('What cannot be compressed becomes longer, and comes out whole', () => {
  const message = randomBytes(32 * 1024)
  for (let itsLevel = 0; itsLevel <= 9; itsLevel++) {
    const its = { ...options, level: itsLevel }
    const deflated = kept(message, its)
    expect(deflated.equals(deflateRawSync(message, its))).toBe(true)
  }
})

test('A compressed message is the caller’s: the next one does not change it', () => {
  const first = kept(Buffer.from('first message'), options)
  kept(Buffer.from('a second one'), options)
  expect(first).toEqual(deflateRawSync(Buffer.from('first message'), options))
})

test('No zlib is made for a short message that refers to nothing before it', () => {
  let count = 0
  const hook = createHook({
    init(_, type) {
      if (type === 'ZLIB') count++
    },
  }).enable()
  for (let at = 0; at < 10; at++) kept(Buffer.from('text'), options)
  hook.disable()
  expect(count).toBe(0)
})
