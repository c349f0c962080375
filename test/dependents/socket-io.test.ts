import { describe, expect, test } from 'vitest'
import { implementations, runProgram } from './run-program.ts'

describe.each(implementations)('On %s', implementation => {
  test('engine.io carries texts and bytes, beats, upgrades from polling, and refuses what it should', async () => {
    expect(await runProgram('engine-io.mjs', implementation)).toEqual([
      "the server's engine is ws: true",
      'opened by websocket, one client: true',
      'extensions permessage-deflate',
      'remote address 127.0.0.1',
      'text of 4 comes back: true',
      'text of 7 comes back: true',
      'text of 20000 comes back: true',
      '0 bytes come back: true',
      '1 bytes come back: true',
      '126 bytes come back: true',
      '65536 bytes come back: true',
      'as ArrayBuffer',
      'the heart beats',
      'closed by the client: transport close',
      'sent while polling',
      'upgraded to websocket: once more',
      'more than the server takes: transport close, 1009',
      'unknown transport: 400, Transport unknown',
      'headers of the answer: x-first yes',
      'closed by the server: transport close',
    ])
  })

  test.each([
    ['without compression', '""', []],
    ['with compression', '"permessage-deflate"', ['deflate']],
  ])(
    'socket.io acknowledges, broadcasts into rooms and to all, in order, and says why connections end, %s',
    async (_, extensions, args) => {
      expect(await runProgram('socket-io.mjs', implementation, ...args)).toEqual([
        'direct over websocket',
        `extensions ${extensions}`,
        'upgraded from polling to websocket',
        'direct text grüße',
        'direct object {"a":[1,null,"b"]}',
        'direct binary <Buffer 01 02 03>',
        'direct binary in an object one two',
        'direct a megabyte true',
        'upgraded text grüße',
        'upgraded object {"a":[1,null,"b"]}',
        'upgraded binary <Buffer 01 02 03>',
        'upgraded binary in an object one two',
        'upgraded a megabyte true',
        "rooms [ 'red' ] [ 'red' ]",
        'news for the red ones',
        'news for the red ones',
        'news for all',
        'encoded beforehand 5 function',
        'bytes <Buffer ff 00 80> with bytes',
        'bytes <Buffer ff 00 80> with bytes',
        'in order [ 200, 200, 200 ]',
        "answers [ 'answer 0', 'answer 1' ]",
        'a member connects true',
        'a stranger does not: only for members',
        'left by itself: client namespace disconnect',
        'said too much: transport close',
        'sent away: io server disconnect',
        'the web server is closed: true',
      ])
    },
  )
})
