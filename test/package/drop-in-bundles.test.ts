import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The bundle of a program for Node.js runs, with all of a drop-in inside.

const root = join(import.meta.dirname, '../..')
const packages = {
  ws: 'drop-ins/ws',
  websocket: 'drop-ins/websocket',
  'nodejs-websocket': 'drop-ins/nodejs-websocket',
}

const ws = `
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => {
  const client = new WebSocket('ws://127.0.0.1:' + server.address().port)
  client.on('open', () => client.send('hello'))
  client.on('message', data => {
    console.log(String(data), client instanceof WebSocket.WebSocket, server instanceof WebSocket.Server)
    client.close()
    server.close()
  })
})
server.on('connection', client => client.on('message', data => client.send(data)))`

const websocket = `
const web = createServer().listen(0, '127.0.0.1', () => {
  const client = new websocket.client()
  client.on('connect', connection => {
    connection.on('message', ({ utf8Data }) => {
      console.log(utf8Data, connection instanceof websocket.connection)
      server.shutDown()
      web.close()
    })
    connection.sendUTF('hello')
  })
  client.connect('ws://127.0.0.1:' + web.address().port)
})
const server = new websocket.server({ httpServer: web, autoAcceptConnections: true })
server.on('connect', connection => connection.on('message', ({ utf8Data }) => connection.sendUTF(utf8Data)))`

const nodejsWebsocket = `
const server = ws.createServer(connection => connection.on('text', text => connection.sendText(text)))
server.listen(0, '127.0.0.1', () => {
  const client = ws.connect('ws://127.0.0.1:' + server.socket.address().port, () => client.sendText('hello'))
  client.on('text', text => {
    console.log(text)
    client.close()
    server.close()
  })
})`

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bothways-bundles-'))
  await mkdir(join(folder, 'node_modules'))
  for (const [name, target] of Object.entries(packages)) {
    await symlink(join(root, target), join(folder, 'node_modules', name), 'junction')
  }
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  [
    'ws by import',
    'ws-import.mjs',
    `import WebSocket, { WebSocketServer } from 'ws'${ws}`,
    'hello true true',
  ],
  [
    'ws by require',
    'ws-require.cjs',
    `const WebSocket = require('ws')\nconst { WebSocketServer } = WebSocket${ws}`,
    'hello true true',
  ],
  [
    'websocket by import',
    'websocket-import.mjs',
    `import { createServer } from 'node:http'\nimport websocket from 'websocket'${websocket}`,
    'hello true',
  ],
  [
    'websocket by its names',
    'websocket-names.mjs',
    `import { createServer } from 'node:http'\nimport * as websocket from 'websocket'${websocket}`,
    'hello true',
  ],
  [
    'websocket by require',
    'websocket-require.cjs',
    `const { createServer } = require('node:http')\nconst websocket = require('websocket')${websocket}`,
    'hello true',
  ],
  [
    'nodejs-websocket by import',
    'nodejs-import.mjs',
    `import ws from 'nodejs-websocket'${nodejsWebsocket}`,
    'hello',
  ],
  [
    'nodejs-websocket by require',
    'nodejs-require.cjs',
    `const ws = require('nodejs-websocket')${nodejsWebsocket}`,
    'hello',
  ],
])('A bundle with %s echoes, as an ES module and as CommonJS', async (_, name, program, printed) => {
  const input = join(folder, name)
  await writeFile(input, program)
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' })
  try {
    for (const [format, file] of [
      ['es', `${name}.bundle.mjs`],
      ['cjs', `${name}.bundle.cjs`],
    ] as const) {
      await bundle.write({ format, file: join(folder, 'out', file), minify: true, codeSplitting: false })
      expect(await readFile(join(folder, 'out', file), 'utf8')).not.toMatch(/\bbothways\/connection\b/)
      expect(await run(join(folder, 'out', file))).toBe(`${printed}\n`)
    }
  } finally {
    await bundle.close()
  }
})

/** Runs a program to its end, and returns what it prints. */
async function run(program: string): Promise<string> {
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return Buffer.concat(chunks).toString()
}
