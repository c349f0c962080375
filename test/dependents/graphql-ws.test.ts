import { describe, expect, test } from 'vitest'
import { implementations, runProgram } from './run-program.ts'

describe.each(implementations)('On %s', implementation => {
  test('graphql-ws queries, subscribes, stops a subscription, and closes with the codes of its protocol', async () => {
    expect(await runProgram('graphql-ws.mjs', implementation)).toEqual([
      'connected graphql-transport-ws true',
      'the server asks whether we are there',
      '{"data":{"greeting":"Hello Ada!"}}',
      'a large one true',
      '1',
      '2',
      '3',
      'one two',
      'the subscription ended on the server 0',
      '{"errors":[{"message":"Cannot query field \\"nothing\\" on type \\"Query\\".","locations":[{"line":1,"column":3}]}]}',
      'a stranger: 4403 Forbidden',
      'another protocol: Server sent no subprotocol',
      'no message: 4400 Invalid message received',
      'closed with the server: 1001 Going away true',
    ])
  })
})
