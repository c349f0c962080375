import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { beforeAll, expect, test } from 'vitest'

const entry = join(import.meta.dirname, '../../packages/protocol/dist/index.js')

/** Everything the package exports, minified and compressed: the most that it can add to a page. */
const ceilingBytes = 15.75 * 1024

let code: string
let imports: readonly string[]

beforeAll(async () => {
  const bundle = await rolldown({ input: entry, platform: 'browser', external: /^node:/, logLevel: 'silent' })
  try {
    const { output } = await bundle.generate({ format: 'es', minify: true })
    code = output[0].code
    imports = output[0].imports
  } finally {
    await bundle.close()
  }
})

test('@bothways/protocol bundles for a browser without anything of Node.js', () => {
  expect(imports).toEqual([])
  expect(code).not.toMatch(/\bnode:|\bBuffer\b|\bprocess\b|\brequire\(/)
})

test('@bothways/protocol stays under its size for a browser', () => {
  expect(gzipSync(code).length).toBeLessThan(ceilingBytes)
})

test('The bundle runs: it computes the accept key of RFC 6455 §1.3', async () => {
  const bundled: typeof import('@bothways/protocol') = await import(
    /* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  )
  expect(bundled.acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
})

test('It is the same code where a bundler finds `require`', async () => {
  const consumer = join(import.meta.dirname, 'consumer.cjs')
  const bundle = await rolldown({
    input: consumer,
    platform: 'browser',
    external: /^node:/,
    plugins: [
      {
        name: 'consumer',
        resolveId: id => (id === consumer ? id : undefined),
        load: id => (id === consumer ? "require('@bothways/protocol')" : undefined),
      },
    ],
  })
  try {
    const { output } = await bundle.generate({ format: 'es' })
    expect(output[0].imports).toEqual([])
    expect(output[0].moduleIds).toContain(entry)
  } finally {
    await bundle.close()
  }
})
