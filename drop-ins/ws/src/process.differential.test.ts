import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sameOnBoth } from '@bothways/test-support/ws-differential'
import { describe, expect, test } from 'vitest'
import { WebSocketServer } from './index.ts'

// Things that a program does to its process (exit, asynchronous contexts, clocks), and their effect on its sockets.

const root = join(import.meta.dirname, '../../..')
const files = { original: 'node_modules/ws/index.js', 'drop-in': 'drop-ins/ws/dist/index.js' }

describe.each(Object.entries(files))('A process on the %s that exits', (_, file) => {
  test.each([
    ['right after send', 'send(1); send(2); process.exit()', ['1', '2'], 1006],
    ['right after close', 'send(1); socket.close(4000); process.exit()', ['1'], 4000],
    ['for an error', 'send(1); throw new Error("The program has failed.")', ['1'], 1006],
    ['and sends in doing so', 'process.on("exit", () => send(1)); process.exit()', ['1'], 1006],
  ] as const)('%s has sent everything', async (_, program, expected, code) => {
    const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(wss, 'listening')
    const { port } = wss.address() as { port: number }
    const script = `
      import(${JSON.stringify(join(root, file))}).then(({ default: WebSocket }) => {
        const socket = new WebSocket('ws://127.0.0.1:${port}')
        const send = what => socket.send(String(what))
        socket.on('open', () => { ${program} })
      })`
    execFile(process.execPath, ['-e', script], () => {})
    const [socket] = await once(wss, 'connection')
    const received: string[] = []
    socket.on('message', (message: Buffer) => received.push(String(message)))
    const [closeCode] = await once(socket, 'close')
    wss.close()
    expect([received, closeCode]).toEqual([expected, code])
  })
})

describe('Callbacks', () => {
  sameOnBoth('of send have the asynchronous context of their send', async (stage, notes) => {
    const { url } = await stage.serve({}, socket => socket.on('message', message => socket.send(message)))
    const client = stage.connect(url)
    const storage = new AsyncLocalStorage<string>()
    await once(client, 'open')
    const sent = ['one', 'two', 'three'].map(
      name =>
        new Promise<void>(resolve => {
          storage.run(name, () => {
            const data = name === 'three' ? new Blob([name]) : name
            client.send(data as string, () => {
              notes.add(name, storage.getStore())
              resolve()
            })
          })
        }),
    )
    await Promise.all(sent)
    client.close()
    await stage.closed()
  })
})

describe('Clocks', () => {
  sameOnBoth('that a test has put in place do not stop what is sent', async (stage, notes) => {
    const { url } = await stage.serve({}, socket => socket.on('message', message => socket.send(message)))
    const client = stage.connect(url)
    await once(client, 'open')
    const { setImmediate } = globalThis
    globalThis.setImmediate = (() => ({})) as unknown as typeof setImmediate
    try {
      const answered = once(client, 'message')
      await new Promise<void>(resolve => client.send('a', () => resolve()))
      notes.add('answer', ...(await answered))
      client.close()
      await stage.closed()
    } finally {
      globalThis.setImmediate = setImmediate
    }
  })
})
