import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findingCodes, pageName, renderIndex, renderPage } from './page.ts'

const docs = join(import.meta.dirname, '../../../../../docs')
const folders = { en: join(docs, 'doctor'), zh: join(docs, 'zh/doctor') } as const

test('The documentation has the page of every finding in both languages, as `npm run doctor-pages` writes them', () => {
  for (const language of ['en', 'zh'] as const) {
    const pages = readdirSync(folders[language]).sort()
    expect(pages).toEqual(['README.md', ...findingCodes.map(pageName)].sort())
    const read = (name: string) => readFileSync(join(folders[language], name), 'utf8')
    expect(read('README.md')).toBe(renderIndex(language))
    for (const code of findingCodes) expect(read(pageName(code))).toBe(renderPage(code, language))
  }
})
