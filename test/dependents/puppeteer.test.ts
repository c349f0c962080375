import { chromiumPath } from '@bothways/test-support/chromium'
import { describe, expect, test } from 'vitest'
import { implementations, runProgram } from './run-program.ts'

describe.each(implementations)('On %s', implementation => {
  test('puppeteer drives Chromium over its WebSocket, and a page there talks to the server', async () => {
    expect(await runProgram('puppeteer.mjs', implementation, chromiumPath())).toEqual([
      'connected by ws: true',
      'A page Grüße',
      'clicked 1',
      'evaluated { sum: 3, list: [ 1, 2 ] }',
      'a large one, both ways true',
      '200 at once true',
      'Node heard the page',
      'from the console',
      'thrown there',
      'screenshot PNG true',
      'the page talks to ws: text 1,2,3 permessage-deflate 4000 true',
      'a second connection sees true',
      'disconnected false true',
      'closed false',
    ])
  })
})
