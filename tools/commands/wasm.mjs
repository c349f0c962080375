import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import wabt from 'wabt'
import { root } from '../lib/spawn.mjs'

const folder = join(root, 'packages', 'protocol', 'src', 'frames')

/** The source text of the module that `read-memory.wat` describes, as it must stand in `read-memory-module.ts`. */
export async function moduleSource() {
  const { parseWat } = await wabt()
  const path = join(folder, 'read-memory.wat')
  const parsed = parseWat(path, readFileSync(path, 'utf8'), { simd: true })
  const { buffer } = parsed.toBinary({})
  parsed.destroy()
  const lines = []
  for (let start = 0; start < buffer.length; start += 24) {
    lines.push(`  ${[...buffer.subarray(start, start + 24)].join(', ')},`)
  }
  return `import type { OwnBytes } from './own-bytes.ts'

/** \`read-memory.wat\` as bytes: \`npm run wasm\` writes this file. */
// biome-ignore format: it is not to be read
export const readMemoryModule: OwnBytes = Uint8Array.of(
${lines.join('\n')}
)
`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(join(folder, 'read-memory-module.ts'), await moduleSource())
}
