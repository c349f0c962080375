import { MemoryLink } from '@bothways/test-support/memory-transport'
import { framesTo } from '@bothways/test-support/raw-frame'
import { describe, expect, test } from 'vitest'
import { Connection } from '../connection.ts'
import type { ConnectionHandler } from '../connection-init.ts'
import type { Disconnect } from '../disconnect.ts'
import { type ConnectionOptions, resolveConnectionOptions } from '../options.ts'
import { ReceiveRate } from './receive-rate.ts'

test('There is nothing to count without a bound', () => {
  expect(ReceiveRate.of(resolveConnectionOptions({}, 'server'), 0)).toBeUndefined()
  const { maxMessagesPerSecond, maxBytesPerSecond } = resolveConnectionOptions(
    { maxBytesPerSecond: 1_000 },
    'server',
  )
  expect(ReceiveRate.of({ maxMessagesPerSecond, maxBytesPerSecond }, 0)).toBeInstanceOf(ReceiveRate)
})

class Recorder implements ConnectionHandler {
  events = 0
  disconnect: Disconnect | undefined
  onMessage(): void {
    this.events++
  }
  onPing(): void {
    this.events++
  }
  onClose(disconnect: Disconnect): void {
    this.disconnect = disconnect
  }
}

function serve(options: ConnectionOptions) {
  const link = new MemoryLink()
  const handler = new Recorder()
  const settings = resolveConnectionOptions({ keepalive: false, ...options }, 'server')
  const connection = new Connection(handler, { role: 'server', transport: link.server, settings })
  connection.start()
  const send = (header: string, payload: string, count: number): void => {
    for (let at = 0; at < count; at++) link.client.write(framesTo('server', [[header, payload]]))
    link.client.deliver()
  }
  return { link, handler, connection, send }
}

describe('A peer that sends too fast', () => {
  test.each([
    ['messages', { maxMessagesPerSecond: 100 }, '81 01'],
    ['pings', { maxMessagesPerSecond: 100 }, '89 01'],
    // A frame of 7 bytes.
    ['bytes', { maxBytesPerSecond: 700 }, '81 01'],
  ] as const)('is not read while it is too fast: %s', async (_, options, header) => {
    const { link, handler, send } = serve(options)
    const startMs = performance.now()
    send(header, 'x', 100)
    await expect.poll(() => handler.events).toBe(100)
    send(header, 'x', 10)
    send(header, 'x', 10)
    while (handler.events < 120) {
      const allowed = 100 + ((performance.now() - startMs) * 100) / 1_000
      // The last one may overdraw, or with bytes, what came together.
      expect(handler.events).toBeLessThanOrEqual(allowed + 11)
      link.client.deliver()
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    expect(performance.now() - startMs).toBeGreaterThan(80)
    expect(handler.disconnect).toBeUndefined()
  })

  test('is closed with 1008 where that is asked for', async () => {
    const { link, handler, send } = serve({ maxMessagesPerSecond: 10, whenTooFast: 'close' })
    send('81 01', 'x', 30)
    await expect.poll(() => handler.events).toBe(11)
    await link.settle()
    link.client.end()
    await expect.poll(() => handler.disconnect).toBeDefined()
    expect(handler.events).toBe(11)
    expect(handler.disconnect).toMatchObject({
      by: 'policy',
      sent: { code: 1008 },
      error: { code: 'BW_TOO_FAST', limit: 10, actual: 11, unit: 'messages' },
    })
  })

  test('gets its messages handled before the end of its stream', async () => {
    const { link, handler, send } = serve({ maxMessagesPerSecond: 1 })
    send('81 01', 'x', 50)
    expect(handler.events).toBeLessThan(50)
    link.server.destroy(new Error('ECONNRESET'))
    await expect.poll(() => handler.disconnect).toBeDefined()
    expect(handler.events).toBe(50)
  })

  test('can be closed in order at once', async () => {
    const { link, handler, connection, send } = serve({ maxMessagesPerSecond: 1 })
    send('81 01', 'x', 50)
    connection.close(1000)
    link.client.write(framesTo('server', [['88 02', Uint8Array.of(0x03, 0xe8)]]))
    await link.settle()
    link.client.end()
    await expect.poll(() => handler.disconnect).toBeDefined()
    expect(handler.events).toBe(50)
    expect(handler.disconnect).toMatchObject({ code: 1000, wasClean: true })
  })
})
