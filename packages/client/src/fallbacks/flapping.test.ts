import { scriptedSockets } from '@bothways/test-support/scripted-server'
import { VirtualEnvironment } from '@bothways/test-support/virtual-environment'
import { expect, test } from 'vitest'
import { createClient } from '../index.ts'

const welcomes = JSON.stringify({
  code: 'bad_request',
  message: 'Name at least one topic.',
  retryable: false,
})

test('Where every way opens and ends at once, for ever, they are tried less and less often all together', async () => {
  const environment = new VirtualEnvironment()
  const { sockets, WebSocket } = scriptedSockets()
  let openedCount = 0
  const fetch = async (text: string) => {
    if (!new URL(text).searchParams.has('topic')) {
      openedCount++
      return new Response(welcomes, { status: 400 })
    }
    // A stream that ends at once, and a poll that is none.
    return new Response(': welcome\n\n')
  }
  const client = createClient('http://server/bothways', { environment, WebSocket, fetch: fetch as never })
  client.topic('room').on('publication', () => {})
  const counts: number[] = []
  for (let minute = 0; minute < 10; minute++) {
    for (let passed = 0; passed < 60_000; passed += 100) {
      const socket = sockets.at(-1)
      if (socket?.readyState === 0) {
        openedCount++
        await socket.welcome()
        socket.cut(1006)
      }
      await environment.pass(100)
      await new Promise(resolve => setImmediate(resolve))
    }
    counts.push(openedCount)
  }
  const [first = 0] = counts
  expect(first).toBeLessThan(25)
  // Half of 30 s on average from then on, and now and then a WebSocket beside a fallback.
  expect(openedCount - first).toBeLessThan(9 * 6)
  client.close()
  expect(environment.timerCount).toBe(0)
})
