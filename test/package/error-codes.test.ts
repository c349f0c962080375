import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { violations } from '@bothways/protocol'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** The codes that the sources of the packages name; the compiler holds them to the registry of each class. */
function codesOfTheSources(): string[] {
  const codes = new Set<string>()
  for (const name of ['protocol', 'bothways', 'cli']) {
    const folder = join(root, 'packages', name, 'src')
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || /\.test(-d)?\.ts$/.test(file)) continue
      for (const [code] of readFileSync(join(folder, file), 'utf8').matchAll(/\bBW_(?!DOCTOR_)[A-Z0-9_]+\b/g))
        codes.add(code)
    }
  }
  return [...codes].sort()
}

const page = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')

/** The rows of the page's tables that begin with a code, cell by cell. */
const rows = page
  .split('\n')
  .filter(line => line.startsWith('| `BW_'))
  .map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )

const codeOf = (row: readonly string[]) => row[0]?.replaceAll('`', '') ?? ''

test('docs/reference/errors.md lists each error code once, and no other', () => {
  expect(rows.map(codeOf).sort()).toEqual(codesOfTheSources())
})

test('Each error code has a meaning and says what to do', () => {
  for (const [code, meaning, action] of rows) {
    expect(meaning, code).toMatch(/\.$/)
    expect(action, code).toMatch(/\.$/)
  }
})

test.each(Object.entries(violations))(
  'The page gives %s its section and close code',
  (code, { closeCode, section }) => {
    const row = rows.find(cells => codeOf(cells) === code)
    expect(row?.slice(3)).toEqual([section, String(closeCode)])
  },
)
