import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const docs = join(import.meta.dirname, '../../docs')
const pagesOf = (folder: string) =>
  readdirSync(join(docs, folder))
    .filter(file => file.endsWith('.md'))
    .map(file => `${folder}/${file}`)
const pages = [...pagesOf('tutorial'), ...pagesOf('how-to'), 'reference/mistakes.md']
/** Of these the sentences are Chinese, and what they show may be: other names, other texts. */
const others = [...pagesOf('reference'), ...pagesOf('explanation')].filter(
  page => !pages.includes(page) && !isEnglishOnly(page),
)

/** About the sources, whose names and comments are English. */
function isEnglishOnly(page: string): boolean {
  return page === 'explanation/architecture.md'
}

const textOf = (page: string) => readFileSync(join(docs, page), 'utf8')

const fence = /^```\w*\n.*?^```$/gms
const blocksOf = (text: string) => text.match(fence) ?? []
/** Headings by their level, and the rows of tables: the parts without a language. */
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

  test('leads to Chinese pages, with their punctuation', () => {
    readsAsChinese(chinese)
  })
})

describe.each(others)('%s in Chinese', page => {
  test('has the same sections, leads to Chinese pages, and has their punctuation', () => {
    const chinese = textOf(`zh/${page}`)
    expect(levelsOf(chinese)).toEqual(levelsOf(textOf(page)))
    readsAsChinese(chinese)
  })
})

function levelsOf(text: string): string[] {
  return Array.from(text.replaceAll(fence, '').matchAll(/^(#+) /gm), ([, level = '']) => level)
}

function readsAsChinese(text: string): void {
  const links = text.matchAll(/\]\((?:\.\.\/)+((?:how-to|tutorial|doctor|reference|explanation)\/[\w.-]+)/g)
  for (const [link, target = ''] of links) {
    // From docs/zh/x/, one step up is still Chinese, two are English.
    expect(link.startsWith('](../../') && !isEnglishOnly(target), `${target} in English`).toBe(false)
  }
  const prose = text.replaceAll(fence, '').replaceAll(/`[^`]*`/g, '')
  expect(prose.match(/\p{Script=Han}[,;:?!](?!\/)/gu) ?? []).toEqual([])
}

test('Both trees have the same pages', () => {
  const folders = ['tutorial', 'how-to', 'reference', 'explanation', 'doctor']
  const chinese = folders.flatMap(folder => pagesOf(`zh/${folder}`)).map(page => page.replace('zh/', ''))
  const english = folders.flatMap(pagesOf).filter(page => !isEnglishOnly(page))
  expect(chinese.toSorted()).toEqual(english.toSorted())
})

test('Both contents name every page of their tree', () => {
  const linksOf = (index: string) =>
    Array.from(
      textOf(index).matchAll(/\]\(((?:tutorial|how-to|reference|explanation)\/[\w.-]+\.md)/g),
      ([, it]) => it,
    )
  for (const tree of ['', 'zh/']) {
    const pages = ['tutorial', 'how-to', 'reference', 'explanation'].flatMap(folder =>
      pagesOf(`${tree}${folder}`),
    )
    expect(linksOf(`${tree}README.md`).toSorted()).toEqual(pages.map(it => it.slice(tree.length)).toSorted())
  }
})

test('The Chinese README addresses its reader in one way', () => {
  const prose = readFileSync(join(docs, '../README.zh-CN.md'), 'utf8').replaceAll(fence, '')
  expect(prose.match(/.{0,9}你(?!好).{0,9}/g) ?? []).toEqual([])
})

test('The Chinese README leads to Chinese pages, where there are any', () => {
  const text = readFileSync(join(docs, '../README.zh-CN.md'), 'utf8')
  const links = Array.from(text.matchAll(/\]\(docs\/([\w/.-]+\.md)/g), ([, page = '']) => page)
  const english = links.filter(page => !page.startsWith('zh/') && existsSync(join(docs, 'zh', page)))
  expect(english).toEqual([])
})

test.each(['ws', 'websocket', 'nodejs-websocket', 'socket.io'])(
  'Who moves from %s is told how to get the package today, in both languages',
  library => {
    for (const folder of ['how-to', 'zh/how-to']) {
      expect(textOf(`${folder}/migrate-from-${library}.md`)).toContain('](use-in-your-project.md')
    }
  },
)
