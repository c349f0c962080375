import { spawn } from 'node:child_process'
import { type EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { runChild, startChild } from '@bothways/test-support/child'
import { messagesOf } from '@bothways/test-support/messages'
import { type CloseEvent, createServer, WebSocket } from 'bothways'
import { transformSync } from 'rolldown/utils'
import { io as connectIo } from 'socket.io-client'
import { describe, expect, test } from 'vitest'
import { codeBlocks, withFolder } from './code-blocks.ts'

/** The programs of a guide as JavaScript, by their order. */
const programs = async (page: string, language: string) =>
  (await codeBlocks(`docs/how-to/${page}.md`, language)).map(
    ({ code }) => transformSync(`program.${language}`, code).code,
  )

/** Runs a server of a guide on a free port. */
async function running(script: string, use: (url: string) => Promise<void>): Promise<void> {
  expect(script).toContain('3e3')
  await withFolder({ 'server.js': script.replace('3e3', '0') }, async folder => {
    const child = await startChild('node', [`${folder}/server.js`])
    try {
      await use(child.firstLine)
    } finally {
      await child.stop()
    }
  })
}

async function opened(url: string | URL): Promise<WebSocket> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  return socket
}

const closing = async (socket: WebSocket) => {
  const [{ code, reason }] = (await once(socket, 'close')) as [CloseEvent]
  return [code, reason]
}

test('build-with-topics: the client talks, sees who is there, and switches the light', async () => {
  const [server = '', client = ''] = await programs('build-with-topics', 'ts')
  await running(server, async url => {
    const address = JSON.stringify(`${url}bothways`)
    const program = client.replace('"ws://127.0.0.1:3000/bothways"', address)
    expect(program).toContain(address)
    await withFolder(
      {
        'client.js': `import { WebSocket } from "bothways"\n${program.replace('{ token:', '{ WebSocket, token:')}\nclient.close()`,
      },
      async folder => {
        const lines = (await runChild('node', [`${folder}/client.js`])).trim().split('\n')
        expect(lines.toSorted()).toEqual(['ann says good morning', 'here: ann', 'light: true', 'true'])
      },
    )
  })
})

test('meet-topics: a plain socket and a client of Socket.IO talk in one room', async () => {
  const [program = ''] = await programs('meet-topics', 'ts')
  const script = program.replace(
    'http.listen(8080, () => console.log("http://127.0.0.1:8080")',
    'http.listen(0, () => console.log("http://127.0.0.1:" + http.address().port)',
  )
  expect(script).toContain('listen(0')
  await withFolder({ 'server.js': script }, async folder => {
    const child = await startChild('node', [`${folder}/server.js`])
    try {
      const client = connectIo(child.firstLine, { transports: ['websocket'], forceNew: true })
      const said = once(client as unknown as EventEmitter, 'message')
      await once(client as unknown as EventEmitter, 'connect')
      const plain = await opened(`${child.firstLine.replace('http', 'ws')}/plain`)
      plain.send('"hello"')
      expect(await said).toEqual(['hello'])
      const heard = once(plain, 'message')
      client.emit('message', 'hello yourself')
      expect((await heard)[0]).toMatchObject({ data: '"hello yourself"' })
      client.close()
    } finally {
      await child.stop()
    }
  })
})

describe('state-and-rooms:', async () => {
  const [inAddress = '', entered = '', ...others] = await programs('state-and-rooms', 'ts')

  test('has a room in the address', async () => {
    expect(others).toHaveLength(1)
    await running(inAddress, async url => {
      const one = new WebSocket(new URL('/rooms/a?name=one', url))
      const next = messagesOf(one)
      expect(await next()).toBe('one came in.')
      const elsewhere = await opened(new URL('/rooms/b?name=elsewhere', url))
      const two = await opened(new URL('/rooms/a?name=two', url))
      expect(await next()).toBe('two came in.')
      elsewhere.send('not heard')
      two.send('hello')
      expect(await next()).toBe('two: hello')
      two.close()
      expect(await next()).toBe('two left after 1.')
      elsewhere.terminate()
      one.terminate()
    })
  })

  test('has rooms that a client enters and leaves', async () => {
    await running(entered, async url => {
      const [one, two] = [await opened(url), await opened(url)]
      const [atOne, atTwo] = [messagesOf(one), messagesOf(two)]
      const say = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message))
      say(one, { type: 'join', room: 'secret' })
      expect(await atOne()).toContain('no such room')
      say(one, { type: 'say', room: 'news', text: 'too early' })
      expect(await atOne()).toContain('Join it first')
      for (const socket of [one, two]) say(socket, { type: 'join', room: 'news' })
      await Promise.all([one.ping(), two.ping()])
      say(one, { type: 'say', room: 'news', text: 'hello' })
      expect(await atTwo()).toBe('{"room":"news","text":"hello"}')
      one.terminate()
      two.terminate()
    })
  })
})

test('test-your-handlers: the test passes, and what authenticate refuses has its status', async () => {
  const [chat = '', chatTest = '', refusal = ''] = (
    await codeBlocks('docs/how-to/test-your-handlers.md', 'js')
  ).map(({ code }) => code)
  const files = { 'chat.js': chat, 'chat.test.js': chatTest, 'refusal.js': refusal }
  await withFolder(files, async folder => {
    expect(await runChild('node', ['--test', `${folder}/chat.test.js`])).toMatch(/pass 1\b/)
    expect(await runChild('node', [`${folder}/refusal.js`])).toBe('403\n')
  })
})

test('several-processes: the clients of one worker hear messages of the other', async () => {
  const [cluster = ''] = await programs('several-processes', 'js')
  await running(cluster, async url => {
    const sockets = await Promise.all(Array.from({ length: 4 }, () => opened(url)))
    const heard = sockets.map(socket => messagesOf(socket)())
    // A worker hears of a topic soon after its first client has subscribed.
    const saying = setInterval(() => sockets[0]?.send('to all'), 20)
    expect(await Promise.all(heard)).toEqual(sockets.map(() => 'to all'))
    clearInterval(saying)
    for (const socket of sockets) socket.terminate()
  })
})

test('kubernetes: names and labels of the manifest agree, and a pod has time to drain', async () => {
  const [block] = await codeBlocks('docs/how-to/kubernetes.md', 'yaml')
  const manifest = block?.code ?? ''
  const all = (pattern: RegExp) => Array.from(manifest.matchAll(pattern), ([, value]) => value)
  expect(all(/^kind: (\w+)$/gm)).toEqual(['Deployment', 'Service', 'PodDisruptionBudget'])
  expect(new Set(all(/\bapp: (\S+)$/gm))).toEqual(new Set(['chat']))
  const named = all(/- name: (http)\n/g)
  expect([named.length, all(/(?:port|targetPort): (http)$/gm).length]).toEqual([2, 3])
  const [grace = 0, before = 0] = [/GracePeriodSeconds: (\d+)/, /"sleep", "(\d+)"/].map(it =>
    Number(it.exec(manifest)?.[1]),
  )
  // The time that serve takes to say goodbye, and to wait for its clients.
  expect(grace).toBeGreaterThan(before + 20)
})

test('metrics: Prometheus reads the figures', async () => {
  const [script = ''] = await programs('metrics', 'ts')
  const printed = '"http://127.0.0.1:3000/metrics"'
  expect(script).toContain(printed)
  const onFreePort = script.replace('3e3', '0').replace(printed, 'http.address().port')
  await withFolder({ 'server.js': onFreePort }, async folder => {
    const child = await startChild('node', [`${folder}/server.js`])
    const url = `http://127.0.0.1:${child.firstLine}/`
    const socket = await opened(url)
    const text = await (await fetch(`${url}metrics`)).text()
    expect(text).toContain('\nbothways_connections 1\n')
    expect(text).toContain('\nshop_orders_total{country="cn"} 3\n')
    const guide = readFileSync(join(import.meta.dirname, '../../docs/how-to/metrics.md'), 'utf8')
    for (const [, name] of guide.matchAll(/`(bothways_\w+)`/g)) expect(text).toContain(`# TYPE ${name} `)
    socket.terminate()
    await child.stop()
  })
})

describe('rate-limits:', async () => {
  const [bounds = '', perUser = ''] = await programs('rate-limits', 'ts')

  test('a client that sends too fast is closed', async () => {
    await running(bounds, async url => {
      const socket = await opened(url)
      for (let at = 0; at < 150; at++) socket.send('x')
      expect((await closing(socket))[0]).toBe(1008)
    })
  })

  test('a user has one budget on all connections', async () => {
    await running(perUser, async url => {
      const sockets = [await opened(url), await opened(url)]
      const next = sockets.map(messagesOf)
      for (let at = 0; at < 8; at++) sockets[at % 2]?.send(`${at}`)
      const got = await Promise.all([0, 1, 0, 1, 0, 1, 0, 1].map(at => next[at]?.()))
      expect(got.filter(it => String(it).includes('Slower')).length).toBeGreaterThanOrEqual(2)
      expect(got.filter(it => !String(it).includes('Slower')).length).toBeGreaterThanOrEqual(5)
      for (const socket of sockets) socket.terminate()
    })
  })
})

test('uploads and websocket-stream: a page and a stream send a file, and hear how much is written', async () => {
  const [server = ''] = await programs('uploads', 'ts')
  const [page = ''] = await programs('uploads', 'js')
  const [stream = ''] = await programs('websocket-stream', 'ts')
  await running(server, async url => {
    const address = new URL('/upload', url).href
    const client = `import { WebSocket } from 'bothways'\n${page}
      const file = new File(['x'.repeat(300_000)], 'x.txt')
      await upload(file, '${address}', ({ received }) => console.log(received))`
    const files = { 'page.js': client, 'stream.js': stream.replace('ws://127.0.0.1:3000/upload', address) }
    await withFolder(files, async folder => {
      // `File` is no global of Node 20.
      const args = ['--import', 'data:text/javascript,import{File}from"node:buffer";globalThis.File=File']
      const progress = (await runChild('node', [...args, `${folder}/page.js`])).trim().split('\n')
      expect(progress).toEqual(['65536', '131072', '196608', '262144', '300000'])
      expect(await runChild('node', [`${folder}/stream.js`])).toMatch(/"received":1000000.*\n1000 stored\n$/)
    })
  })
})

test('pm2-and-docker: a signal closes with 1012, and the process ends by itself', async () => {
  const [, server = ''] = (await codeBlocks('docs/how-to/pm2-and-docker.md', 'js')).map(({ code }) => code)
  await withFolder({ 'server.js': server.replace('3000', '0') }, async folder => {
    const child = spawn('node', [`${folder}/server.js`])
    const ended = once(child, 'exit')
    const [line] = await once(child.stdout, 'data')
    const socket = await opened(String(line).trim())
    const closed = closing(socket)
    child.kill('SIGINT')
    expect(await closed).toEqual([1012, 'Restarting.'])
    expect(await ended).toEqual([0, null])
  })
})

test('vite-and-react: a page of Vite reaches the server through it, and has its own origin', async () => {
  const [config = ''] = (await codeBlocks('docs/how-to/vite-and-react.md', 'js')).map(({ code }) => code)
  const http = createHttpServer()
  createServer()
    .route('/live', { message: (socket, message) => socket.send(message) })
    .attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const { createServer: createViteServer } = await import('vite')
  await withFolder({ 'config.mjs': config.replace('3000', String(port)), 'index.html': '' }, async folder => {
    const { default: settings } = await import(/* @vite-ignore */ `${folder}/config.mjs`)
    const vite = await createViteServer({
      ...settings,
      root: folder,
      configFile: false,
      logLevel: 'silent',
      optimizeDeps: { noDiscovery: true },
      server: { ...settings.server, host: '127.0.0.1', port: 0 },
    })
    await vite.listen()
    const page = vite.resolvedUrls?.local[0] ?? ''
    const socket = new WebSocket(new URL('/live', page), [], { origin: new URL(page).origin })
    const next = messagesOf(socket)
    await once(socket, 'open')
    socket.send('through Vite')
    expect(await next()).toBe('through Vite')
    socket.terminate()
    await vite.close()
  })
  http.close()
  http.closeAllConnections()
})
