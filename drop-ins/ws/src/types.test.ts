import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Programs as users of `@types/ws` write them, against the types that are published.

const root = join(import.meta.dirname, '../../..')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothways-ws-types-'))
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
  symlinkSync(join(root, 'drop-ins/ws'), join(folder, 'node_modules/ws'), 'junction')
  symlinkSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'), 'junction')
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The errors that TypeScript reports in programs, which are given by their files. */
function complaints(programs: Record<string, string>, ...flags: string[]): string {
  for (const [file, program] of Object.entries(programs)) writeFileSync(join(folder, file), program)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const usual = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node']
  const args = [tsc, ...usual, ...flags, ...Object.keys(programs)]
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).stdout
}

const common = `
  const ws = new WebSocket('ws://localhost', ['a'], { headers: { a: 'b' }, handshakeTimeout: 1 })
  ws.on('message', (data: RawData, isBinary: boolean) => data.toString())
  ws.on('close', function (code, reason) { this.send(reason) })
  ws.ping('x', true, (error: Error) => error.message)
  const counted = (type: WebSocket['binaryType']): number => {
    switch (type) { case 'nodebuffer': return 1; case 'arraybuffer': return 2; case 'fragments': return 3 }
  }
  const options: ServerOptions = { port: 1, WebSocket }
  const wss: WebSocketServer = new WebSocketServer(options)
  wss.on('connection', (socket: WebSocket, request) => { socket.send(request.url ?? '') })
  const all: Set<WebSocket> = wss.clients
  class Client extends WebSocket {
    private _options = counted('fragments')
    private _connection?: string
    private _state = all.size
    override ping(data?: any, mask?: boolean, cb?: (error: Error) => void): void {}
  }
  class Server extends WebSocketServer<typeof Client> {
    private _state = 1
  }
  new Server({ noServer: true, WebSocket: Client }).on('connection', client => client.ping())
  type WithSocket = WebSocket & { _socket: import('node:net').Socket }
  const address = (socket: WithSocket) => socket._socket.remoteAddress
`

const imported = `import WebSocket, { type RawData, type ServerOptions, WebSocketServer } from 'ws'\n${common}`

const required = `import WebSocket = require('ws')
  type RawData = WebSocket.RawData
  type ServerOptions = WebSocket.ServerOptions
  import WebSocketServer = WebSocket.WebSocketServer
  ${common.replace('extends WebSocketServer<typeof Client>', 'extends WebSocket.Server<typeof Client>')}
  const server: WebSocket.Server = new WebSocket.Server()
  export = WebSocket`

test.each(['node16', 'nodenext'])('ES modules and CommonJS compile with module %s', kind => {
  const programs = { 'program.mts': imported, 'program.cts': imported, 'required.cts': required }
  expect(complaints(programs, '--module', kind)).toBe('')
})

test('A program for a bundler compiles', () => {
  const flags = ['--module', 'esnext', '--moduleResolution', 'bundler']
  expect(complaints({ 'program.ts': imported }, ...flags)).toBe('')
})

test.each(['added.mts', 'added.cts'])('A program adds to the types (%s)', file => {
  const program = `import WebSocket, { WebSocket as Socket, WebSocketServer } from 'ws'
    declare module 'ws' {
      interface WebSocket { isAlive?: boolean; _socket?: import('node:net').Socket }
      interface ClientOptions { mine?: string }
    }
    const socket = new Socket('ws://localhost')
    new WebSocketServer({ port: 1 }).on('connection', (it: WebSocket) => it.send('text'))
    const withMark = (it: Socket) => it.isAlive && it._socket?.remoteAddress`
  expect(complaints({ [file]: program }, '--module', 'nodenext')).toBe('')
})
