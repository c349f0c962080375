import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commands } from './usage/commands.ts'
import { referenceTable, withReferenceTables } from './usage/reference.ts'

const pages = { en: 'docs/reference/command-line.md', zh: 'docs/zh/reference/command-line.md' } as const

test.each(['en', 'zh'] as const)(
  'The reference page has the options of every command, as npm run command-line-pages writes them: %s',
  language => {
    const page = readFileSync(new URL(`../../../${pages[language]}`, import.meta.url), 'utf8')
    expect(withReferenceTables(page, commands, language)).toBe(page)
    for (const command of commands) {
      const [heading = '', ...rows] = referenceTable(command, language).split('\n')
      expect(page).toContain(heading)
      expect(page).toContain(rows.slice(1).join('\n'))
    }
  },
)

test('A table of another day gives way to that of today, and the words around it stay', () => {
  const page =
    '# x\n\n## `bothways echo`\n\nWords.\n\n| option | what |\n| --- | --- |\n| `--old` | y |\n\nMore.\n'
  const echo = commands.filter(({ name }) => name === 'echo')
  const renewed = withReferenceTables(page, echo, 'en')
  expect(renewed).toMatch(/^# x\n\n## `bothways echo`\n\nWords\.\n\n\| option \| what \|\n/)
  expect(renewed).toMatch(/\| `-h`, `--help` \| print this help \|\n\nMore\.\n$/)
  expect(renewed).not.toContain('--old')
})
