import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../../packages/client/dist')

/** The code that a whole entry adds to a page, minified, and the modules that it still imports. */
async function bundle(entry: string): Promise<{ code: string; imports: readonly string[] }> {
  const build = await rolldown({ input: join(folder, entry), platform: 'browser', logLevel: 'silent' })
  try {
    const { output } = await build.generate({ format: 'es', minify: true })
    return { code: output[0].code, imports: output[0].imports }
  } finally {
    await build.close()
  }
}

test.each([
  ['@bothways/client', 'index.js', 12.55 * 1024],
  ['@bothways/client/core', 'core/index.js', 7.7 * 1024],
  ['@bothways/client/websocket', 'websocket/index.js', 2.625 * 1024],
])(
  '%s bundles for a browser without anything else, and stays under its size',
  async (_, entry, ceilingBytes) => {
    const { code, imports } = await bundle(entry)
    expect(imports).toEqual([])
    expect(code).not.toMatch(/\bnode:|\bBuffer\b|\bprocess\b|\brequire\(/)
    expect(gzipSync(code).length).toBeLessThan(ceilingBytes)
  },
)

test('A page that takes ClientError alone gets nothing else', async () => {
  const build = await rolldown({
    input: 'page.js',
    platform: 'browser',
    logLevel: 'silent',
    plugins: [
      {
        name: 'page',
        resolveId: id => (id === 'page.js' ? id : undefined),
        load: id =>
          id === 'page.js'
            ? `export { ClientError } from ${JSON.stringify(join(folder, 'index.js'))}`
            : undefined,
      },
    ],
  })
  const { output } = await build.generate({ format: 'es', minify: true })
  await build.close()
  expect(output[0].code.length).toBeLessThan(600)
})
