import { describe, expect, test } from 'vitest'
import { implementations, runProgram } from './run-program.ts'

describe.each(implementations)('On %s', implementation => {
  test('isomorphic-ws gives what it is given: as in a browser, with a server besides', async () => {
    expect(await runProgram('isomorphic-ws.mjs', implementation)).toEqual([
      'true true',
      'message true true text',
      'message true true bytes',
      '4000 enough true true',
      'closed',
    ])
  })

  test('The WebSocket of a page in jsdom does what that of a browser does', async () => {
    expect(await runProgram('jsdom.mjs', implementation)).toEqual([
      'state 0 blob',
      'cookie page=1 origin true',
      'open true two 1 page=1; from=server',
      'text true',
      'a Blob of 2',
      'true 98,108,111,98',
      'server: 4000 enough',
      'page: 4000 enough true',
      'error',
      'refused 1006 false',
      'closed',
    ])
  })
})
