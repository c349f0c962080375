import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const below = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.md') && !file.includes('node_modules'))
    .map(file => join(folder, file))
const folders = ['docs', 'examples', 'packages', 'brokers']
const pages = [
  'README.md',
  'README.zh-CN.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...folders.flatMap(below),
]
const textOf = (page: string) => readFileSync(join(root, page), 'utf8')

/** Links inside the repository: the target's path from the root, and the heading. */
function linksOf(page: string): { target: string; anchor: string | undefined }[] {
  const prose = textOf(page).replaceAll(/^```.*?^```$/gms, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(match => match[1] ?? '')
    .filter(link => !/^[a-z]+:/.test(link))
    .map(link => {
      const [path = '', anchor] = link.split('#')
      return { target: path === '' ? page : join(dirname(page), path), anchor }
    })
}

/** As GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe.each(pages)('%s', page => {
  test('links to what is there', () => {
    const broken = linksOf(page).filter(({ target, anchor }) => {
      const there = statSync(join(root, target), { throwIfNoEntry: false })
      if (there === undefined) return true
      return anchor !== undefined && !anchorsOf(target).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})

test('The index of the documentation has every page', () => {
  const linked = linksOf('docs/README.md').map(({ target }) => target)
  // The doctor's findings have an index of their own.
  const isFinding = (page: string) => /doctor\/(?!README)/.test(page)
  expect(linked.toSorted()).toEqual(
    below('docs')
      .filter(page => page !== 'docs/README.md' && !isFinding(page))
      .toSorted(),
  )
})

test('The README is short, in both languages, and tells the same in the same order', () => {
  const [english, chinese] = ['README.md', 'README.zh-CN.md'].map(textOf) as [string, string]
  for (const text of [english, chinese]) expect(text.split('\n').length).toBeLessThanOrEqual(151)
  // Tables, headings and code have no language: as many rows, blocks and sections on both sides.
  const shape = (text: string) =>
    text
      .split('\n')
      .map(line => /^(#+ |\||```\w*)/.exec(line)?.[0])
      .filter(it => it !== undefined)
  expect(shape(chinese)).toEqual(shape(english))
})
