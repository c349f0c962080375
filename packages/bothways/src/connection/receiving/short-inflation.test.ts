import { createHook } from 'node:async_hooks'
import { constants, deflateRawSync } from 'node:zlib'
import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'

type Inflate = typeof import('./short-inflation.ts').inflateShort

async function inflateBy(transport: 'auto' | 'stream'): Promise<Inflate> {
  vi.resetModules()
  vi.stubEnv('BOTHWAYS_TRANSPORT', transport)
  const { inflateShort } = await import('./short-inflation.ts')
  // From here on it is what it is.
  inflateShort(deflated(Buffer.from('first')), Buffer.alloc(0), 100)
  return inflateShort
}

let kept: Inflate
let plain: Inflate

beforeAll(async () => {
  kept = await inflateBy('auto')
  plain = await inflateBy('stream')
})

afterEach(() => vi.unstubAllEnvs())

function deflated(message: Uint8Array, window: Uint8Array = Buffer.alloc(0)): Buffer {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, ...(window.length > 0 && { dictionary: window }) }
  return deflateRawSync(message, options).subarray(0, -4)
}

function outcome(inflate: Inflate, ...args: Parameters<Inflate>): unknown {
  try {
    const { bytes, readBytes } = inflate(...args)
    // Bytes behind a final block are read by nobody, however many of them were taken in.
    return { text: bytes.toString('latin1'), isWhole: readBytes >= args[0].length }
  } catch {
    // Of a message that is both too long and broken, either may be noticed first.
    return 'fails'
  }
}

const text = fc.string({ unit: fc.constantFrom('a', 'bc', 'the same again '), maxLength: 300 })
const bytes = text.map(it => Buffer.from(it))

test('One zlib for all messages inflates as one for each does, whatever came before', () => {
  const payload = fc.oneof(
    fc.tuple(bytes, bytes).map(([message, window]) => deflated(message, window)),
    bytes.map(it => deflateRawSync(it)),
    fc
      .tuple(bytes, fc.uint8Array({ maxLength: 4 }))
      .map(([it, rest]) => Buffer.concat([deflateRawSync(it), rest])),
    fc.tuple(bytes, fc.nat({ max: 40 })).map(([it, cut]) => deflated(it).subarray(0, -1 - cut)),
    fc.uint8Array({ maxLength: 60 }),
  )
  checkLaw(
    fc.property(payload, bytes, fc.constantFrom(0, 1, 100, 262_144), (input, window, maxBytes) => {
      expect(outcome(kept, input, window, maxBytes)).toEqual(outcome(plain, input, window, maxBytes))
    }),
  )
})

const tooLong: Error = expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' })

test.each([0, 1, 2, 65_535, 262_143, 262_144])('A message of %i bytes may come to just so many', length => {
  const input = deflated(Buffer.alloc(length, 'x'))
  for (const inflate of [kept, plain]) {
    expect(inflate(input, Buffer.alloc(0), length).bytes.length).toBe(length)
    if (length > 1) expect(() => inflate(input, Buffer.alloc(0), length - 1)).toThrow(tooLong)
  }
})

test('A window of 32 KiB is known to its first byte', () => {
  const window = Buffer.concat([Buffer.from('once upon a time'), Buffer.alloc(32 * 1024 - 16, '-')])
  const message = Buffer.from('once upon a time')
  expect(kept(deflated(message, window), window, 100).bytes).toEqual(message)
})

test('No zlib is made for a short message', () => {
  let count = 0
  const hook = createHook({
    init(_, type) {
      if (type === 'ZLIB') count++
    },
  }).enable()
  for (let at = 0; at < 10; at++) kept(deflated(Buffer.from('text')), Buffer.from('window'), 100)
  const made = count
  hook.disable()
  // Those of `deflated`.
  expect(made).toBe(10)
})
