import { expect, test } from 'vitest'
import { catalogue, type FindingCode, wordFinding } from './draft.ts'

const codes = Object.keys(catalogue) as FindingCode[]

test('Every finding has a title and an advice in both languages, and names the same facts in both titles', () => {
  for (const code of codes) {
    const { en, zh } = catalogue[code]
    const facts = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
    expect(facts(zh.title), code).toEqual(facts(en.title))
    expect(en.advice.length, code).toBeGreaterThan(5)
    expect(zh.advice, code).toMatch(/[一-鿿]|^\{/)
    expect(zh.title, code).toMatch(/[一-鿿]/)
  }
})

test('A finding is worded in each language without a hole', () => {
  for (const code of codes) {
    for (const language of ['en', 'zh'] as const) {
      const { title } = wordFinding({ code, facts: {}, evidence: [], severity: 'error' }, language)
      expect(title).not.toMatch(/[{}]/)
    }
  }
})
