import { once } from 'node:events'
import { DropIn, rawClient } from '@bothways/test-support/drop-in'
import { masked, rawFrame } from '@bothways/test-support/raw-frame'
import { connect } from '@bothways/test-support/test-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const printed = new Map<string, DropIn['printed']>()

describe.each(['nodejs-websocket', '@bothways/nodejs-websocket'])('%s', name => {
  let example: DropIn
  beforeAll(async () => {
    example = await DropIn.copy('drop-in-nodejs-websocket', { 'nodejs-websocket': name })
  })
  afterAll(async () => {
    printed.set(name, example.printed)
    await example.remove()
  })

  test('What one says is pushed to all, bytes come back, and everybody hears that the server stops', async () => {
    const server = example.start('server.js')
    const url = await server.url()
    const zhang = await connect(new URL('/chat?name=张三', url).href)
    expect(await zhang.next()).toBe('Somebody came')
    const li = await connect(url)
    for (const client of [zhang, li]) expect(await client.next()).toBe('Somebody came')
    zhang.connection.send('你好')
    for (const client of [zhang, li]) expect(await client.next()).toBe('你好')
    li.connection.send(Buffer.from([0, 255]))
    expect(await li.next()).toEqual(Buffer.from([0, 255]))
    const large = Buffer.alloc(100_000, 1)
    li.connection.send(large)
    expect(await li.next()).toEqual(large)

    const wang = await rawClient(url)
    for (const client of [zhang, li]) expect(await client.next()).toBe('Somebody came')
    const isOver = once(wang, 'close')
    wang.resume().end(masked(rawFrame('88', Buffer.from('\x0b\xb8bye', 'latin1'))))
    for (const client of [zhang, li]) expect(await client.next()).toBe('Somebody left')
    await isOver
    await server.stop('SIGTERM')
    for (const client of [zhang, li])
      expect(await client.closed).toMatchObject({ code: 1001, reason: 'Good night' })
    expect(server.printed).toEqual([
      'Listening on ws://127.0.0.1:PORT/',
      'Somebody came to /chat?name=%E5%BC%A0%E4%B8%89, 1 here',
      'Somebody came to /, 2 here',
      'Somebody says 你好',
      'Somebody sends 2 bytes',
      'Somebody sends 100000 bytes',
      'Somebody came to /, 3 here',
      'Somebody left: 3000 bye',
      'Somebody left: 1001 Good night',
      'Somebody left: 1001 Good night',
      'Stopped',
    ])
  })

  test('The server says why a connection ends: without a code, by a broken rule, by a network that breaks', async () => {
    const server = example.start('server.js')
    const url = await server.url()
    const silent = await rawClient(url)
    silent.resume().end(masked(rawFrame('88')))
    await once(silent, 'close')
    await server.line(/left: 1005/)
    const rude = await rawClient(url)
    rude.resume().end(masked(rawFrame('83', 'hello')))
    await once(rude, 'close')
    await server.line(/left: 1002/)
    const broken = await rawClient(url)
    await once(broken, 'data')
    broken.resetAndDestroy()
    await server.line(/left: 1006/)
    await server.stop()
    expect(server.printed.slice(1)).toEqual([
      'Somebody came to /, 1 here',
      'Somebody left: 1005 ',
      'Somebody came to /, 1 here',
      'Somebody left: 1002 undefined',
      'Somebody came to /, 1 here',
      'Error: read ECONNRESET',
      'Somebody left: 1006 ',
      'Stopped',
    ])
  })

  test('The client talks to the server, and says when there is none', async () => {
    const server = example.start('server.js')
    const url = await server.url()
    const client = example.start('client.js', [url, '你好'])
    await client.end()
    expect(client.printed).toEqual([
      'Connected',
      'Server: Somebody came',
      'Server: 你好',
      'Server: 6 bytes',
      'Closed: 1000 Thank you',
    ])
    await server.stop()
    expect(server.printed.slice(1)).toEqual([
      'Somebody came to /, 1 here',
      'Somebody says 你好',
      'Somebody sends 6 bytes',
      'Somebody left: 1000 Thank you',
      'Stopped',
    ])
    const late = example.start('client.js', [url])
    await late.end()
    expect(late.printed).toEqual(['Error: connect ECONNREFUSED 127.0.0.1:PORT', 'Closed: 1006 '])
  })
})

test('Both printed the same', () => {
  expect(printed.get('@bothways/nodejs-websocket')).toEqual(printed.get('nodejs-websocket'))
})
