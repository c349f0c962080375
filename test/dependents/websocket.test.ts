import { describe, expect, test } from 'vitest'
import { runProgram, websocketImplementations } from './run-program.ts'

describe.each(websocketImplementations)('On %s', implementation => {
  test('The provider of web3 asks, subscribes, connects again, and says why it is refused', async () => {
    const pending = 'CONNECTION ERROR: Provider started to reconnect before the response got received!'
    expect(await runProgram('web3.mjs', implementation)).toEqual([
      'before it is open false 0x10',
      'connected true rpc',
      "/chain?id=1 [ 'rpc' ] tests",
      'a large one 150002 true',
      "200 at once 200 Set(1) { '0x10' }",
      'a batch [{"jsonrpc":"2.0","id":203,"result":"0x10"},{"jsonrpc":"2.0","id":204,"error":{"code":-32601,"message":"no eth_nothing"}}]',
      'subscribed 0xcd',
      'pushed 0x11 0x12',
      `drop ends with: ${pending}`,
      'reconnects 1 asks meanwhile 0x10',
      `destroy ends with: ${pending}`,
      'reconnects 1 asks meanwhile 0x10',
      `close ends with: ${pending}`,
      'reconnects 1 asks meanwhile 0x10',
      'requests 4',
      'closed 1000 thank you true false',
      'asks when closed: connection not open on send()',
      'refused 1006 connection failed Error: Server responded with a non-101 status: 401 Unauthorized 1006',
      'connection not open on send()',
      'refused 1006 connection failed Error: connect ECONNREFUSED 127.0.0.1:PORT 1006',
      'connection not open on send()',
      'gives up: Maximum number of reconnect attempts reached!',
    ])
  })

  test('stompjs talks to a broker by the client and by the W3C class, beats, and tells a lost connection', async () => {
    expect(await runProgram('stomp.mjs', implementation)).toEqual([
      'CONNECTED 1.1 true',
      'the heart beats',
      '/topic/news 9 grüße 𝄞',
      'a long one true',
      'in order 200',
      'protocol v10.stomp arraybuffer',
      'both hear it: to both to both',
      'RECEIPT receipt-id:sent',
      'one hears it: to one 1',
      'left with 1000 Normal connection closure false 0',
      'Whoops! Lost connection to ws://127.0.0.1:PORT/broker false',
      'ERROR who are you?',
      'disconnected',
      'left with 1000 Normal connection closure',
      'closed',
    ])
  })
})
