import { type ScriptedSocket, scriptedSockets } from '@bothways/test-support/scripted-server'
import { settled, VirtualEnvironment } from '@bothways/test-support/virtual-environment'
import { expect, test, vi } from 'vitest'
import { ReconnectingWebSocket, type ReconnectingWebSocketOptions } from './index.ts'

async function stage(
  options: ReconnectingWebSocketOptions = {},
  url: ConstructorParameters<typeof ReconnectingWebSocket>[0] = 'ws://server/',
  protocols?: ConstructorParameters<typeof ReconnectingWebSocket>[1],
) {
  const environment = new VirtualEnvironment()
  const { sockets, WebSocket } = scriptedSockets()
  const socket = new ReconnectingWebSocket(url, protocols, { environment, WebSocket, ...options })
  const told: string[] = []
  socket.addEventListener('open', () => told.push('open'))
  socket.addEventListener('message', ({ data }) => told.push(`message ${data}`))
  socket.addEventListener('error', ({ message }) => told.push(`error ${message ?? ''}`.trim()))
  socket.addEventListener('close', ({ code }) => told.push(`close ${code}`))
  await settled()
  return {
    environment,
    sockets,
    socket,
    told: () => told.splice(0),
    get below(): ScriptedSocket {
      return sockets.at(-1) as ScriptedSocket
    },
  }
}

test('It passes messages through, comes back when it is cut, and tells open and close each time', async () => {
  const { below, environment, socket, sockets, told } = await stage()
  below.open()
  below.emit('message', { data: 'one', origin: 'ws://server' })
  below.cut(1006)
  expect([told(), socket.readyState]).toEqual([['open', 'message one', 'close 1006'], 0])
  await environment.pass(1_000)
  expect(sockets).toHaveLength(2)
  sockets[1]?.open()
  expect([told(), socket.readyState]).toEqual([['open'], 1])
})

test('It also comes back after close codes that a server chose, until it is closed here', async () => {
  const { below, environment, socket, sockets, told } = await stage()
  below.open()
  below.cut(1000)
  await environment.pass(1_000)
  sockets[1]?.open()
  socket.close(4000, 'enough')
  expect([sockets[1]?.closedWith, socket.readyState, socket.shouldReconnect]).toEqual([4000, 2, false])
  sockets[1]?.cut(4000)
  expect(told()).toEqual(['open', 'close 1000', 'open', 'close 4000'])
  await environment.pass(600_000)
  expect([sockets.length, socket.readyState, environment.timerCount]).toEqual([2, 3, 0])
  socket.reconnect()
  await settled()
  expect([sockets.length, socket.readyState]).toEqual([3, 0])
})

test('What is sent without a connection waits, in order, and goes out before `open` is told', async () => {
  const { below, environment, socket, sockets } = await stage()
  const send = vi.spyOn(below, 'send').mockImplementation(() => {})
  socket.send('a')
  socket.send('二')
  expect(socket.bufferedAmount).toBe(4)
  socket.onopen = () => socket.send('c')
  below.open()
  expect(send.mock.calls.flat()).toEqual(['a', '二', 'c'])
  expect(socket.bufferedAmount).toBe(0)
  below.cut()
  socket.send('d')
  await environment.pass(1_000)
  const again = vi.spyOn(sockets[1] as ScriptedSocket, 'send').mockImplementation(() => {})
  sockets[1]?.open()
  expect(again.mock.calls.flat()).toEqual(['d', 'c'])
})

test('The queue is bounded in count and bytes: `send` throws at one more', async () => {
  const { socket } = await stage({ maxEnqueuedMessages: 2, maxEnqueuedBytes: 10 })
  socket.send('12345')
  expect(() => socket.send('123456')).toThrow(expect.objectContaining({ code: 'queue_full' }))
  socket.send(new Uint8Array(5))
  expect(() => socket.send('')).toThrow(expect.objectContaining({ code: 'queue_full' }))
})

test('The waits grow up to their bound, with jitter, and begin anew after a connection that lasted', async () => {
  const { environment, socket, sockets } = await stage({
    minReconnectionDelay: 1_000,
    reconnectionDelayGrowFactor: 2,
    maxReconnectionDelay: 3_000,
  })
  const wait = async () => {
    sockets.at(-1)?.cut()
    const count = sockets.length
    const from = environment.now()
    while (sockets.length === count) await environment.pass(100)
    return environment.now() - from
  }
  expect([await wait(), await wait(), await wait(), await wait()]).toEqual([1_000, 2_000, 3_000, 3_000])
  expect(socket.retryCount).toBe(4)
  environment.chance = 0
  expect(await wait()).toBe(1_500)
  sockets.at(-1)?.open()
  await environment.pass(5_000)
  expect(socket.retryCount).toBe(0)
  expect(await wait()).toBe(500)
})

test('It gives up after maxRetries', async () => {
  const { environment, socket, sockets } = await stage({ maxRetries: 2 })
  for (let n = 0; n < 5; n++) {
    if (sockets.at(-1)?.readyState === 0) sockets.at(-1)?.cut()
    await environment.pass(20_000)
  }
  expect([sockets.length, socket.readyState]).toEqual([3, 3])
})

test('URL and protocols may be functions, asked for each connection; one that fails is asked again', async () => {
  let count = 0
  const url = async () => {
    if (++count === 2) throw new Error('no ticket')
    return `ws://server/?ticket=${count}`
  }
  const { below, environment, sockets, told } = await stage({}, url, () => ['a', 'b'])
  expect([below.url, below.protocols]).toEqual(['ws://server/?ticket=1', ['a', 'b']])
  below.cut()
  await environment.pass(5_000)
  expect(told()).toEqual(['close 1006', 'error no ticket', 'close 1006'])
  expect(sockets.at(-1)?.url).toBe('ws://server/?ticket=3')
})

test('A connection that does not open in time is left, and another tried', async () => {
  const { below, environment, sockets, told } = await stage({ connectionTimeout: 2_000 })
  await environment.pass(2_000)
  expect([told(), below.closedWith]).toEqual([['error TIMEOUT', 'close 1006'], 1005])
  below.open()
  below.cut()
  expect(told()).toEqual([])
  await environment.pass(1_500)
  expect(sockets).toHaveLength(2)
})

test('It waits for no `close` event that does not come', async () => {
  const { below, environment, socket, told } = await stage()
  below.emit('error', { message: 'blocked' })
  await environment.pass(2_000)
  expect(told()).toEqual(['error blocked', 'close 1006'])
  await environment.pass(1_500)
  socket.close()
  await environment.pass(2_000)
  expect(socket.readyState).toBe(3)
})

test('It comes back at once when the device is online again', async () => {
  const { below, environment, sockets } = await stage({ minReconnectionDelay: 10_000 })
  below.cut()
  environment.tell('online')
  await settled()
  expect(sockets).toHaveLength(2)
})

test('`reconnect` leaves an open connection for another, and tells that it closed', async () => {
  const { below, socket, sockets, told } = await stage()
  below.open()
  socket.reconnect(4001, 'again')
  await settled()
  expect([told(), below.closedWith, sockets.length]).toEqual([['open', 'close 4001'], 4001, 2])
  below.emit('message', { data: 'late' })
  below.cut()
  expect(told()).toEqual([])
})

test('It can start closed, and is the interface that programs know', async () => {
  const { socket, sockets } = await stage({ startClosed: true })
  expect([socket.readyState, sockets.length, socket.url, socket.protocol]).toEqual([3, 0, '', ''])
  expect([ReconnectingWebSocket.OPEN, socket.CLOSED, socket.binaryType]).toEqual([1, 3, 'blob'])
  socket.binaryType = 'arraybuffer'
  socket.reconnect()
  await settled()
  expect(sockets[0]?.binaryType).toBe('arraybuffer')
})

test('`send` says whether it goes out or waits, and `retryCount` counts the try that is to come', async () => {
  const { below, environment, socket } = await stage()
  const counts: number[] = []
  socket.addEventListener('close', () => counts.push(socket.retryCount))
  expect(socket.send('1')).toBe(false)
  below.open()
  expect([socket.send('2'), socket.retryCount]).toEqual([true, 0])
  below.cut()
  await environment.pass(1_500)
  expect([counts, socket.retryCount]).toEqual([[1], 1])
})

test.each([[undefined], [123], [{}]])('Without a class of WebSockets it throws at once: %j', given => {
  vi.stubGlobal('WebSocket', undefined)
  try {
    const options = { WebSocket: given as never }
    expect(() => new ReconnectingWebSocket('ws://server/', undefined, options)).toThrow(/option WebSocket/)
    const closed = new ReconnectingWebSocket('ws://server/', undefined, { ...options, startClosed: true })
    expect(() => closed.reconnect()).toThrow(TypeError)
    expect([closed.readyState, closed.shouldReconnect]).toEqual([3, false])
  } finally {
    vi.unstubAllGlobals()
  }
})

test('After an `error` before `open` it waits for neither `close`, which Node.js 22 forgets, nor the timeout', async () => {
  const { below, environment, sockets, told } = await stage({ connectionTimeout: 500 })
  below.emit('error', { message: 'refused' })
  await environment.pass(1_000)
  expect(told()).toEqual(['error refused', 'close 1006'])
  await environment.pass(1_000)
  expect(sockets).toHaveLength(2)
})

test('`shouldReconnectOnClose` decides before `close` is told, and `reconnect` goes on', async () => {
  const { below, environment, sockets, socket, told } = await stage({
    shouldReconnectOnClose: ({ code }) => code !== 1008,
  })
  const states: unknown[] = []
  socket.onclose = () => states.push([socket.shouldReconnect, socket.readyState])
  below.open()
  below.cut(1001)
  await environment.pass(1_500)
  sockets[1]?.open()
  sockets[1]?.cut(1008)
  await environment.pass(60_000)
  expect([told(), states, sockets.length]).toEqual([
    ['open', 'close 1001', 'open', 'close 1008'],
    [
      [true, 0],
      [false, 3],
    ],
    2,
  ])
  expect(environment.timerCount).toBe(0)
  socket.reconnect()
  await settled()
  expect(sockets).toHaveLength(3)
})

test.each([
  ['close', [['open', 'close 1001'], 3, 1]],
  ['reconnect', [['open', 'close 1001', 'open'], 1, 2]],
] as const)('`shouldReconnectOnClose` may call `%s`', async (method, expected) => {
  const { below, environment, sockets, socket, told } = await stage({
    shouldReconnectOnClose: () => {
      socket[method]()
      return true
    },
  })
  below.open()
  below.cut(1001)
  await settled()
  sockets[1]?.open()
  await environment.pass(60_000)
  expect([told(), socket.readyState, sockets.length]).toEqual(expected)
  expect(environment.timerCount).toBe(0)
})

test('Where `shouldReconnectOnClose` throws, it comes back', async () => {
  const told = vi.spyOn(console, 'error').mockReturnValue()
  const { below, environment, sockets } = await stage({
    shouldReconnectOnClose: () => {
      throw new Error('mine')
    },
  })
  below.cut()
  await environment.pass(1_500)
  expect([sockets.length, told.mock.calls.length]).toEqual([2, 1])
  told.mockRestore()
})

test('Between two tries `close` and `reconnect` tell no second `close`', async () => {
  const { below, environment, sockets, socket, told } = await stage()
  below.open()
  below.cut()
  socket.reconnect()
  await settled()
  sockets[1]?.cut()
  socket.close()
  expect([told(), socket.readyState]).toEqual([['open', 'close 1006', 'close 1006'], 3])
  await environment.pass(60_000)
  expect([told(), sockets.length, environment.timerCount]).toEqual([[], 2, 0])
})

test('Closed while its URL is asked for, it opens nothing, and tells `close` once', async () => {
  let answer = (_: string) => {}
  const url = () => new Promise<string>(resolve => (answer = resolve))
  const { environment, sockets, socket, told } = await stage({}, url)
  socket.close()
  socket.close()
  expect(socket.readyState).toBe(2)
  await environment.pass(1)
  answer('ws://server/')
  await settled()
  expect([told(), socket.readyState, sockets.length]).toEqual([['close 1006'], 3, 0])
})

test('`reconnect` right after `close` tells one `close` for the connection that was left', async () => {
  const { below, environment, sockets, socket, told } = await stage()
  below.open()
  socket.close()
  socket.reconnect()
  await settled()
  below.cut(1000)
  sockets[1]?.open()
  await environment.pass(60_000)
  expect([told(), socket.readyState]).toEqual([['open', 'close 1000', 'open'], 1])
})

test('What a listener of `close` does while `reconnect` leaves a connection counts', async () => {
  const { below, environment, sockets, socket, told } = await stage()
  below.open()
  socket.onclose = () => socket.close()
  socket.reconnect()
  await environment.pass(60_000)
  expect([told(), sockets.length, socket.readyState]).toEqual([['open', 'close 1000'], 1, 3])
  socket.onclose = () => {
    socket.onclose = null
    socket.reconnect()
  }
  socket.reconnect()
  await settled()
  sockets[1]?.open()
  socket.reconnect()
  await settled()
  expect([told(), sockets.length, socket.readyState]).toEqual([['open', 'close 1000'], 3, 0])
})

test('A close code that nobody may send throws, and the connection goes on', async () => {
  const { below, socket, told } = await stage()
  below.open()
  vi.spyOn(below, 'close').mockImplementation(() => {
    throw new RangeError('1001')
  })
  expect(() => socket.close(1001)).toThrow(RangeError)
  expect(() => socket.reconnect(1001)).toThrow(RangeError)
  below.emit('message', { data: 'still here', origin: '' })
  expect([told(), socket.readyState, socket.shouldReconnect]).toEqual([
    ['open', 'message still here'],
    1,
    true,
  ])
})

test('`send` after `close` waits for `reconnect`, and says so once', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const { below, socket } = await stage()
  below.open()
  socket.close()
  below.cut(1000)
  socket.send('a')
  socket.send('b')
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/send\(\) was called after close\(\)/)]])
  expect([socket.drainQueuedMessages(), socket.drainQueuedMessages(), socket.bufferedAmount]).toEqual([
    ['a', 'b'],
    [],
    0,
  ])
  socket.reconnect()
  socket.close()
  socket.send('c')
  expect(warn).toHaveBeenCalledTimes(2)
  warn.mockRestore()
})

test('What waits is what was given, and one that cannot be sent takes no other along', async () => {
  const { below, socket, told } = await stage()
  const bytes = new Uint8Array([1, 2, 3, 4])
  socket.send(bytes.subarray(1, 3))
  socket.send(bytes.buffer)
  bytes.fill(0)
  socket.send('last')
  socket.send(5 as never)
  const sent: unknown[] = []
  vi.spyOn(below, 'send').mockImplementation(data => {
    if (data === 'last') throw new Error('no')
    sent.push(typeof data === 'string' ? data : [...new Uint8Array(data as never)])
  })
  below.open()
  expect([sent, told()]).toEqual([
    [[2, 3], [1, 2, 3, 4], '5'],
    ['error no', 'open'],
  ])
})

test('`debug` tells `debugLogger` what happens', async () => {
  const words: unknown[][] = []
  const { below } = await stage({ debug: true, debugLogger: (...said) => words.push(said.slice(0, 2)) })
  below.open()
  expect(words).toEqual([
    ['RWS>', 'connect'],
    ['RWS>', 'open'],
  ])
})
