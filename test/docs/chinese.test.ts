import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const docs = join(import.meta.dirname, '../../docs')
const pagesOf = (folder: string) =>
  readdirSync(join(docs, folder))
    .filter(file => file.endsWith('.md'))
    .map(file => `${folder}/${file}`)
const pages = [...pagesOf('tutorial'), ...pagesOf('how-to'), 'reference/mistakes.md']
const textOf = (page: string) => readFileSync(join(docs, page), 'utf8')

const fence = /^```\w*\n.*?^```$/gms
const blocksOf = (text: string) => text.match(fence) ?? []
/** Headings by their level, and the rows of tables: what has no language. */
const shapeOf = (text: string) =>
  text
    .replaceAll(fence, '')
    .split('\n')
    .map(line => /^(#+ |\|)/.exec(line)?.[0])
    .filter(it => it !== undefined)
/** The first code of each row of a table, which is a name or what somebody types. */
const rowCodes = (text: string) =>
  Array.from(text.replaceAll(fence, '').matchAll(/^\| (`[^`]+`) \|/gm), ([, code]) => code)

describe.each(pages)('%s in Chinese', page => {
  const english = textOf(page)
  const chinese = textOf(`zh/${page}`)

  test('has the same code, sections and tables', () => {
    expect(blocksOf(chinese)).toEqual(blocksOf(english))
    expect(shapeOf(chinese)).toEqual(shapeOf(english))
    expect(rowCodes(chinese)).toEqual(rowCodes(english))
  })

  test('leads to Chinese pages where there are any', () => {
    const links = Array.from(chinese.matchAll(/\]\((?:\.\.\/)+((?:how-to|tutorial|doctor)\/[\w.-]+)/g))
    for (const [link, target = ''] of links) {
      // From docs/zh/x/, one step up is still Chinese, two are English.
      expect(link.startsWith('](../../'), `${target} in English`).toBe(false)
    }
  })

  test('has the punctuation of Chinese beside its characters', () => {
    const prose = chinese.replaceAll(fence, '').replaceAll(/`[^`]*`/g, '')
    expect(prose.match(/\p{Script=Han}[,;:?!](?!\/)/gu) ?? []).toEqual([])
  })
})

test('Every Chinese page has its English twin', () => {
  const chinese = [...pagesOf('zh/tutorial'), ...pagesOf('zh/how-to')]
  expect(chinese.map(page => page.replace('zh/', '')).toSorted()).toEqual(
    [...pagesOf('tutorial'), ...pagesOf('how-to')].toSorted(),
  )
})
