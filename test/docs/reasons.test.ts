import { expect, test } from 'vitest'
import { reasons } from '../../packages/client/src/core/reason.ts'
import { rowsByName } from './tables.ts'

test.each([
  ['docs/reference/topics-client.md', '### Reasons', 'yes', 'no'],
  ['docs/zh/reference/topics-client.md', '### 原因', '是', '否'],
])('%s has every reason of the client, with what the code makes of it', (page, heading, yes, no) => {
  const told = [...rowsByName(page, heading)]
    .filter(([name]) => name !== 'code')
    .map(([code, [, by, isTriedAgain, when]]) => [
      code,
      by?.replaceAll('`', ''),
      isTriedAgain,
      when?.match(/\b\d{3,4}\b/g)?.map(Number) ?? [],
    ])
  const made = Object.entries(reasons).map(([code, [by, , isLasting, ...numbers]]) => [
    code,
    by,
    isLasting ? no : yes,
    numbers,
  ])
  expect(told).toEqual(made)
})
