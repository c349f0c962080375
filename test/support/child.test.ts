import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runChild } from './child.ts'

const folder = mkdtempSync(join(tmpdir(), 'bothways-child-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Says what Bun says of a module, so many times; then it says how often it was started. */
function misreading(times: number, name: string): string {
  const starts = join(folder, `${name}.txt`)
  writeFileSync(join(folder, 'module.js'), 'export class Present {}\n')
  writeFileSync(starts, '')
  return `
    const { appendFileSync, readFileSync } = require('node:fs')
    appendFileSync(${JSON.stringify(starts)}, '.')
    const count = readFileSync(${JSON.stringify(starts)}).length
    if (count <= ${times}) {
      console.error("SyntaxError: Export named '${name}' not found in module '${join(folder, 'module.js')}'.\\n\\nBun v1.4.5")
      process.exit(1)
    }
    console.log(count)`
}

test('A program that Bun ended because it misread a module is started again, three times at most', async () => {
  expect(await runChild('node', ['-e', misreading(3, 'Present')])).toBe('4\n')
  await expect(runChild('node', ['-e', misreading(4, 'Present')])).rejects.toThrow('Export named')
})

test('An export that a module lacks indeed is an error at once', async () => {
  await expect(runChild('node', ['-e', misreading(1, 'Absent')])).rejects.toThrow('Export named')
})
