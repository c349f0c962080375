import { once } from 'node:events'
import { DropIn, rawClient } from '@bothways/test-support/drop-in'
import { masked, rawFrame } from '@bothways/test-support/raw-frame'
import { connect, refusalOf, type TestClient } from '@bothways/test-support/test-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const origin = 'https://example.com'
const env = { ORIGIN: origin }
const headers = { Origin: origin, 'Sec-WebSocket-Protocol': 'chat' }

const next = async (client: TestClient) => JSON.parse(String(await client.next()))

const printed = new Map<string, DropIn['printed']>()

describe.each(['websocket', '@bothways/websocket'])('%s', name => {
  let example: DropIn
  beforeAll(async () => {
    example = await DropIn.copy('drop-in-websocket', { websocket: name })
  })
  afterAll(async () => {
    printed.set(name, example.printed)
    await example.remove()
  })

  test('张三 speaks to the server, which pushes to 李四, and to nobody else when it is for 李四 alone', async () => {
    const server = example.start('server.js', [], env)
    const url = await server.url()
    const zhang = await connect(new URL('/room?name=张三', url).href, { headers })
    expect(zhang.answer.headers['sec-websocket-protocol']).toBe('chat')
    const { id: zhangId } = await next(zhang)
    const li = await connect(url, { headers })
    const { id: liId, others } = await next(li)
    expect(others).toEqual([zhangId])
    const wang = await connect(url, { headers })
    expect((await next(wang)).others).toEqual([zhangId, liId])

    zhang.connection.send(JSON.stringify({ text: '你好' }))
    const hello = { type: 'message', text: '你好', id: zhangId, date: expect.any(Number) }
    expect(await next(li)).toEqual(hello)
    expect(await next(wang)).toEqual(hello)
    zhang.connection.send(JSON.stringify({ text: '给你', to: liId }))
    expect((await next(li)).text).toBe('给你')
    zhang.connection.send(Buffer.from([0, 255]))
    expect(await zhang.next()).toEqual(Buffer.from([0, 255]))

    li.connection.close(3000, '再见')
    await server.line(/left/)
    wang.connection.send(JSON.stringify({ text: 'who is left?' }))
    expect((await next(zhang)).text).toBe('who is left?')
    wang.connection.close()
    await server.line(/left: 1006/)
    await server.stop('SIGTERM')
    expect(await zhang.closed).toMatchObject({ code: 1000 })
    expect(server.printed).toEqual([
      'Listening on ws://127.0.0.1:PORT/',
      'ID came from 127.0.0.1 to /room?name=%E5%BC%A0%E4%B8%89, 1 here',
      'ID came from 127.0.0.1 to /, 2 here',
      'ID came from 127.0.0.1 to /, 3 here',
      'ID says {"text":"你好"}',
      'ID says {"text":"给你","to":"ID"}',
      'ID sends 2 bytes',
      'ID left: 3000 再见',
      'ID says {"text":"who is left?"}',
      'ID left: 1006 Connection dropped by remote peer.',
      'Stopped',
      'ID left: 1000 Normal connection closure',
    ])
  })

  test('A client from another origin, or that does not speak the chat, is refused', async () => {
    const server = example.start('server.js', [], env)
    const url = await server.url()
    const foreign = await refusalOf(url, { headers: { ...headers, Origin: 'https://evil.example' } })
    expect(foreign).toMatchObject({
      status: 403,
      headers: { 'x-websocket-reject-reason': 'This origin is not allowed' },
    })
    expect((await refusalOf(url, { headers: { Origin: origin } })).status).toBe(403)
    expect((await fetch(url.replace('ws:', 'http:'))).status).toBe(404)
    await server.stop()
    expect(server.printed.slice(1)).toEqual([
      'Refused the origin https://evil.example',
      'Refused somebody who does not speak the chat',
      'Stopped',
    ])
  })

  test('The server says why a connection ends: a message that is none, a broken rule, a network that is gone', async () => {
    const server = example.start('server.js', [], env)
    const url = await server.url()
    const vague = await connect(url, { headers })
    vague.connection.send('hello')
    expect(await vague.closed).toMatchObject({ code: 1008, reason: 'Send {"text":"…"}' })
    await server.line(/left: 1008/)
    const rude = await rawClient(url, headers)
    rude.resume().end(masked(rawFrame('83', 'hello')))
    await once(rude, 'close')
    await server.line(/left: 1002/)
    const gone = await rawClient(url, headers)
    await once(gone, 'data')
    gone.resetAndDestroy()
    await server.line(/left: 1006/)
    await server.stop()
    expect(server.printed.slice(1)).toEqual([
      'ID came from 127.0.0.1 to /, 1 here',
      'ID says hello',
      'ID left: 1008 Send {"text":"…"}',
      'ID came from 127.0.0.1 to /, 1 here',
      'ID left: 1002 Unrecognized Opcode: 0x3',
      'ID came from 127.0.0.1 to /, 1 here',
      'ID has an error: read ECONNRESET',
      'ID left: 1006 Socket Error: read ECONNRESET',
      'Stopped',
    ])
  })

  test('The client talks to the server, and says when it is refused or when there is none', async () => {
    const server = example.start('server.js', [], env)
    const url = await server.url()
    const listener = await connect(url, { headers })
    await next(listener)
    const client = example.start('client.js', [url, '你好'], env)
    await client.end()
    expect((await next(listener)).text).toBe('你好')
    expect(client.printed).toEqual([
      'Connected, protocol chat',
      'I am ID, others: 1',
      '6 bytes',
      'Closed: 1000 Normal connection closure',
    ])
    listener.connection.terminate()
    await server.line(/left: 1006/)

    const refused = example.start('client.js', [url])
    await refused.end()
    expect(refused.printed).toEqual([
      'Not connected: Error: Server responded with a non-101 status: 403 Forbidden',
    ])
    await server.stop()
    const late = example.start('client.js', [url])
    await late.end()
    expect(late.printed).toEqual(['Not connected: Error: connect ECONNREFUSED 127.0.0.1:PORT'])
    expect(server.printed.slice(1)).toEqual([
      'ID came from 127.0.0.1 to /, 1 here',
      'ID came from 127.0.0.1 to /, 2 here',
      'ID says {"text":"你好"}',
      'ID sends 6 bytes',
      'ID left: 1000 Normal connection closure',
      'ID left: 1006 Connection dropped by remote peer.',
      'Refused the origin http://127.0.0.1:PORT',
      'Stopped',
    ])
  })
})

test('Both printed the same', () => {
  expect(printed.get('@bothways/websocket')).toEqual(printed.get('websocket'))
})
