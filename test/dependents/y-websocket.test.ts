import { describe, expect, test } from 'vitest'
import { implementations, runProgram } from './run-program.ts'

describe.each(implementations)('On %s', implementation => {
  test('y-websocket keeps two documents the same, through a lost connection too', async () => {
    expect(await runProgram('y-websocket.mjs', implementation)).toEqual([
      "synced [ 'room' ]",
      'and second from the first Uint8Array(3) [ 1, 2, 3 ]',
      'a large one 200000',
      "aware of { name: 'Ada' }",
      'lost with 1006 and back: offline and second from the first',
      'left with 1005',
      'left with 1005',
      'connections 0 1',
    ])
  })
})
