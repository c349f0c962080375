import { expect, test } from 'vitest'
import { connectCommand } from './connect-command.ts'

test.each([
  ['ws://127.0.0.1:8080/echo', [], 'npx bothways connect ws://127.0.0.1:8080/echo'],
  [
    'wss://a.example/?x=1&y=2',
    ['chat.v2'],
    "npx bothways connect 'wss://a.example/?x=1&y=2' --protocol chat.v2",
  ],
  ["ws://a/'$(x)", [], `npx bothways connect 'ws://a/'\\''$(x)'`],
])('%s with %j is %s', (address, protocols, command) => {
  expect(connectCommand(address, protocols)).toBe(command)
})
