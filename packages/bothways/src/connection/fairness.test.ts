import { once } from 'node:events'
import { constants, deflateRawSync } from 'node:zlib'
import { concat } from '@bothways/test-support/bytes'
import { startWithClock, tick } from '@bothways/test-support/clock'
import { MemoryLink } from '@bothways/test-support/memory-transport'
import { framesTo, type RawFrame } from '@bothways/test-support/raw-frame'
import { type TransportEnds, transportKinds } from '@bothways/test-support/transport-ends'
import { afterEach, describe, expect, test } from 'vitest'
import { Connection } from './connection.ts'
import type { ConnectionHandler, ConnectionInit } from './connection-init.ts'
import type { Disconnect } from './disconnect.ts'
import { ReadyState } from './ending.ts'
import { resolveConnectionOptions } from './options.ts'

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** How long a handler of these tests is busy with each message, in ms: a share of a turn is used up by a few. */
const busyMs = 1
const eventCount = 60

function spin(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Is busy with everything that comes, and counts it by turns of the event loop. */
class BusyHandler implements ConnectionHandler {
  readonly events: string[] = []
  readonly perTurn: number[] = []
  disconnect: Disconnect | undefined
  onEvent: (event: string) => void = () => {}
  #onTold: () => void = () => {}
  #thisTurn = 0

  onMessage(message: string | Buffer): void {
    this.#work(message.toString())
  }

  onPing(payload: Buffer): void {
    this.#work(payload.toString())
  }

  onPong(payload: Buffer): void {
    this.#work(payload.toString())
  }

  onClose(disconnect: Disconnect): void {
    this.disconnect = disconnect
    this.events.push('closed')
    this.#onTold()
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>(resolve => {
        this.#onTold = resolve
      })
    }
  }

  #work(event: string): void {
    if (this.#thisTurn++ === 0) {
      setImmediate(() => {
        this.perTurn.push(this.#thisTurn)
        this.#thisTurn = 0
      })
    }
    this.events.push(event)
    spin(busyMs)
    this.onEvent(event)
    this.#onTold()
  }
}

function serve(transport: ConnectionInit['transport'], init: Partial<ConnectionInit> = {}) {
  const handler = new BusyHandler()
  const settings = resolveConnectionOptions({ keepalive: false }, 'server')
  const connection = new Connection(handler, { role: 'server', transport, settings, ...init })
  startWithClock(connection)
  return { handler, connection }
}

const names = Array.from({ length: eventCount }, (_, at) => String.fromCharCode(0x41 + at))

const compressed = (text: string): Uint8Array => {
  const deflated = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH })
  return Uint8Array.from(deflated.subarray(0, -4))
}

const floods: readonly (readonly [string, (name: string) => readonly RawFrame[]])[] = [
  ['messages', name => [['81 01', name]]],
  ['pings', name => [['89 01', name]]],
  ['pongs', name => [['8a 01', name]]],
  ['messages in fragments', name => [['01 00'], ['00 01', name], ['80 00']]],
  [
    'compressed messages',
    name => {
      const payload = compressed(name)
      return [[`c1 ${payload.length.toString(16).padStart(2, '0')}`, payload]]
    },
  ],
]

const opened: TransportEnds[] = []
afterEach(() => {
  for (const { transport, peer } of opened.splice(0)) {
    transport.destroy()
    peer.destroy()
  }
})

const deflate = { noContextTakeover: true, windowBits: 15 }

describe.each(transportKinds)('%s', (_, openEnds) => {
  test.each(floods)(
    'A flood of %s is handled in order, a share in each turn of the event loop',
    async (_, frames) => {
      const ends = await openEnds()
      opened.push(ends)
      const { handler } = serve(ends.transport, {
        deflate: { outgoing: undefined, incoming: deflate } as never,
      })
      ends.peer.resume().write(framesTo('server', names.flatMap(frames)))
      await handler.until(() => handler.events.length === eventCount)
      await turn()
      expect(handler.events).toEqual(names)
      // Two shares at most, and what had begun.
      expect(Math.max(...handler.perTurn)).toBeLessThanOrEqual(4)
    },
  )

  test('The end of the stream is told behind what came before it', async () => {
    const ends = await openEnds()
    opened.push(ends)
    const { handler } = serve(ends.transport)
    ends.peer.resume().end(
      framesTo(
        'server',
        names.map(name => ['81 01', name] as const),
      ),
    )
    await handler.until(() => handler.disconnect !== undefined)
    expect(handler.events).toEqual([...names, 'closed'])
  })

  test('Handlers may pause and resume while others have their turn', async () => {
    const ends = await openEnds()
    opened.push(ends)
    const { handler, connection } = serve(ends.transport)
    handler.onEvent = event => {
      connection.pause()
      if (event === 'B') setTimeout(() => connection.resume(), 5)
      else setImmediate(() => connection.resume())
    }
    ends.peer.resume().write(
      framesTo(
        'server',
        names.map(name => ['81 01', name] as const),
      ),
    )
    await handler.until(() => handler.events.length === eventCount)
    expect(handler.events).toEqual(names)
  })

  test('A connection that is cut while something waits delivers nothing more', async () => {
    const ends = await openEnds()
    opened.push(ends)
    const { handler, connection } = serve(ends.transport)
    ends.peer.resume().write(
      framesTo(
        'server',
        names.map(name => ['81 01', name] as const),
      ),
    )
    await handler.until(() => handler.events.length > 0)
    await turn()
    const { length } = handler.events
    expect(length).toBeLessThan(eventCount)
    connection.terminate()
    expect(connection.readyState).toBe(ReadyState.Closing)
    await handler.until(() => handler.disconnect !== undefined)
    expect(handler.events).toHaveLength(length + 1)
    expect(handler.disconnect).toMatchObject({ by: 'us' })
  })
})

describe('A stream that breaks while something waits for its turn', () => {
  async function breakAmid(compat: ConnectionInit['compat'] = {}) {
    const link = new MemoryLink()
    const { handler, connection } = serve(link.server, { compat })
    link.client.write(
      framesTo(
        'server',
        names.map(name => ['81 01', name] as const),
      ),
    )
    link.client.deliver()
    expect(handler.events.length).toBeLessThan(eventCount)
    link.server.destroy(new Error('ECONNRESET'))
    return { handler, connection }
  }

  test('is told behind it, with its error', async () => {
    const { handler } = await breakAmid()
    await handler.until(() => handler.disconnect !== undefined)
    expect(handler.events).toEqual([...names, 'closed'])
    expect(handler.disconnect).toMatchObject({ by: 'network', error: { message: 'ECONNRESET' } })
  })

  test('is told behind it, also where a handler that has paused gets the rest', async () => {
    const { handler, connection } = await breakAmid({
      unread: 'deliver',
    })
    handler.onEvent = () => connection.pause()
    await handler.until(() => handler.disconnect !== undefined)
    expect(handler.events).toEqual([...names, 'closed'])
  })

  test('is told once when the connection has failed since', async () => {
    const { handler, connection } = await breakAmid()
    await turn()
    const { length } = handler.events
    connection.fail(1011, new Error('bug'))
    await handler.until(() => handler.disconnect !== undefined)
    for (let count = 0; count < 5; count++) await turn()
    expect(handler.events).toHaveLength(length + 1)
  })
})

test('A side that waits for its turn is heard, and is not given up', async () => {
  const link = new MemoryLink()
  const settings = resolveConnectionOptions({ keepalive: { intervalMs: 1_000, timeoutMs: 500 } }, 'server')
  const { handler, connection } = serve(link.server, { settings })
  const startMs = performance.now()
  tick(connection, startMs + 1_000)
  link.client.write(
    framesTo(
      'server',
      names.map(name => ['81 01', name] as const),
    ),
  )
  link.client.deliver()
  tick(connection, startMs + 10_000)
  expect(connection.readyState).toBe(ReadyState.Open)
  await handler.until(() => handler.events.length === eventCount)
})

test('A client that floods keeps nobody waiting for longer than a few shares', async () => {
  const openEnds = transportKinds.at(-1)?.[1]
  if (openEnds === undefined) throw new Error('There is no transport.')
  const [flooding, other] = [await openEnds(), await openEnds()]
  opened.push(flooding, other)
  const { handler } = serve(flooding.transport)
  const echoes: string[] = []
  const echo: Connection = new Connection(
    { onMessage: message => void echo.send(message), onClose: () => {} },
    { role: 'server', transport: other.transport, settings: resolveConnectionOptions({}, 'server') },
  )
  echo.start()
  const many = concat(Array.from({ length: 2_000 }, () => framesTo('server', [['81 01', 'x']])))
  flooding.peer.resume().write(many)
  other.peer.on('data', bytes => void echoes.push(bytes.toString('latin1')))
  await handler.until(() => handler.events.length > 0)
  const before = handler.events.length
  other.peer.write(framesTo('server', [['81 02', 'hi']]))
  await once(other.peer, 'data')
  expect(echoes).toEqual(['\x81\x02hi'])
  expect(handler.events.length - before).toBeLessThan(60)
})
