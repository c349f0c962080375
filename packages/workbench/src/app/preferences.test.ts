import { expect, test } from 'vitest'
import { preferredLanguage } from './preferences.ts'

test.each([
  [['zh-CN', 'zh', 'en'], 'zh'],
  [['zh-Hant-TW'], 'zh'],
  [['en-GB', 'zh-CN'], 'en'],
  [['de-DE', 'zh-CN', 'en'], 'zh'],
  [['fr-FR'], 'en'],
  [[], 'en'],
])('A reader of %j gets %s', (languages, expected) => {
  expect(preferredLanguage(languages)).toBe(expected)
})
