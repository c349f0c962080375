import { once } from 'node:events'
import { launchChromium } from '@bothways/test-support/chromium'
import { DropIn, rawClient } from '@bothways/test-support/drop-in'
import { rawFrame, unmasked } from '@bothways/test-support/raw-frame'
import { connect, refusalOf } from '@bothways/test-support/test-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const never = { EVERY_MS: '2000000000' }
const often = { EVERY_MS: '20' }

const printed = new Map<string, DropIn['printed']>()

describe.each(['ws', '@bothways/ws'])('%s', name => {
  let example: DropIn
  beforeAll(async () => {
    example = await DropIn.copy('drop-in-ws', { ws: name, express: 'express' })
  })
  afterAll(async () => {
    printed.set(name, example.printed)
    await example.remove()
  })

  test('The server greets, answers text and bytes, and hears why a client leaves', async () => {
    const server = example.start('server.js', [], never)
    const client = await connect(new URL('/news?from=test', await server.url()).href)
    expect(await client.next()).toMatch(/^Hello, 127\.0\.0\.1:\d+!$/)
    client.connection.send('你好')
    expect(await client.next()).toBe('You said 你好')
    client.connection.send(Buffer.from([0, 255]))
    expect(await client.next()).toEqual(Buffer.from([0, 255]))
    client.connection.close(1000, '再见')
    expect(await client.closed).toMatchObject({ code: 1000, reason: '再见' })
    await server.line(/left/)
    await server.stop()
    expect(server.printed).toEqual([
      'Listening on ws://127.0.0.1:PORT/',
      '127.0.0.1:PORT came to /news?from=test',
      '127.0.0.1:PORT sent 你好',
      '127.0.0.1:PORT sent 2 bytes',
      '127.0.0.1:PORT left: 1000 再见',
      'Stopped',
    ])
  })

  test('The server pushes the time again and again, and says so when it stops', async () => {
    const server = example.start('server.js', [], often)
    const client = await connect(await server.url())
    expect(await client.next()).toMatch(/^Hello/)
    for (const _ of [1, 2, 3]) expect(await client.next()).toMatch(/^It is \d{4}-\d\d-\d\dT/)
    await server.stop()
    expect(await client.closed).toMatchObject({ code: 1001, reason: 'Good night' })
    expect(server.printed.slice(2)).toEqual(['Stopped', '127.0.0.1:PORT left: 1001 Good night'])
  })

  test('The server knows the address of the client, and what rule it broke', async () => {
    const server = example.start('server.js', [], never)
    const client = await rawClient(await server.url())
    const [hello] = (await once(client, 'data')) as [Buffer]
    expect(hello.subarray(2).toString()).toBe(`Hello, 127.0.0.1:${client.localPort}!`)
    client.resume().end(unmasked(rawFrame('81', 'hello')))
    await once(client, 'close')
    await server.line(/left/)
    await server.stop()
    expect(server.printed.slice(2)).toEqual([
      '127.0.0.1:PORT broke a rule: Invalid WebSocket frame: MASK must be set',
      '127.0.0.1:PORT left: 1006 ',
      'Stopped',
    ])
  })

  test('The client talks to the server, and says when there is none', async () => {
    const server = example.start('server.js', [], never)
    const url = await server.url()
    const client = example.start('client.js', [url, 'hello'])
    await client.end()
    await server.line(/left/)
    await server.stop()
    expect(client.printed).toEqual([
      'Connected',
      'Server: Hello, 127.0.0.1:PORT!',
      'Server: You said hello',
      'Closed: 1000 Thank you',
    ])
    expect(server.printed.slice(2)).toEqual([
      '127.0.0.1:PORT sent hello',
      '127.0.0.1:PORT left: 1000 Thank you',
      'Stopped',
    ])

    const late = example.start('client.js', [url])
    await late.end()
    expect(late.printed).toEqual(['Error: connect ECONNREFUSED 127.0.0.1:PORT', 'Closed: 1006 '])
  })

  test('Express serves the page, which shows what is pushed to it', async () => {
    const server = example.start('express.js', [], often)
    const url = await server.url()
    const response = await fetch(url)
    expect(response.headers.get('x-powered-by')).toBe('Express')
    expect((await refusalOf(new URL('/elsewhere', url).href)).status).toBe(400)
    const client = await connect(new URL('/time', url).href)
    for (const _ of [1, 2, 3]) expect(await client.next()).toMatch(/^\d{4}-\d\d-\d\dT/)
    const chromium = await launchChromium()
    try {
      const page = await chromium.context.newPage()
      await page.goto(url)
      await page.getByText(/^\d{4}-\d\d-\d\dT/).waitFor()
      await server.stop('SIGTERM')
      await page.getByText('closed: 1001').waitFor()
    } finally {
      await chromium.close()
    }
    expect(await client.closed).toMatchObject({ code: 1001, reason: 'Good night' })
    expect(server.printed).toEqual([
      'Open http://127.0.0.1:PORT/',
      '127.0.0.1:PORT came, 1 connected',
      '127.0.0.1:PORT came, 2 connected',
      'Stopped',
    ])
  })

  test('Server and client are one program, which is an ES module', async () => {
    const program = example.start('both.mjs')
    await program.end()
    expect(program.printed).toEqual(['Server: HELLO', 'Closed: 1000 Good bye'])
  })
})

test('Both printed the same', () => {
  expect(printed.get('@bothways/ws')).toEqual(printed.get('ws'))
})
