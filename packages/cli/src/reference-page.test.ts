import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { helpText } from './help.ts'

const page = readFileSync(new URL('../../../docs/reference/command-line.md', import.meta.url), 'utf8')

test.each(['connect', 'echo'] as const)('The reference page has the options of the help of %s', command => {
  const section = page.split(`## \`bothways ${command}`)[1]?.split('\n## ')[0] ?? ''
  const inHelp = helpText(command)
    .split('\n')
    .flatMap(line => /^ +(?:-\w, )?(--[\w-]+)/.exec(line)?.[1] ?? [])
  const rows = section.split('\n').filter(line => line.startsWith('| `-'))
  const inPage = rows.flatMap(row => row.split('|')[1]?.match(/--[\w-]+/g) ?? [])
  expect(inPage.sort()).toEqual(inHelp.sort())
})
