import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { isPageAllowed } from './page-origin.ts'

const listed = ['https://listed.example', 'null']

test.each([
  [undefined, 'my.site', true],
  ['https://listed.example', 'my.site', true],
  ['null', 'my.site', true],
  ['http://my.site', 'my.site', true],
  ['https://my.site', 'my.site:443', true],
  ['http://MY.site:8080', 'my.SITE:8080', true],
  ['http://[::1]:8080', '[::1]:8080', true],
  ['http://my.site', 'my.site:8080', false],
  ['https://my.site', 'my.site:80', false],
  ['http://my.site.evil', 'my.site', false],
  ['http://evil', 'evil@my.site', false],
  ['http://my.site', 'my.site/path', false],
  ['http://my.site', undefined, false],
  ['ftp://my.site', 'my.site', false],
  ['my.site', 'my.site', false],
  ['', '', false],
])('A page of %j at %j: %s', (origin, host, isAllowed) => {
  expect(isPageAllowed({ headers: { origin, host } } as IncomingMessage, listed)).toBe(isAllowed)
})
