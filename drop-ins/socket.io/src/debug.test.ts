import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { debugLog } from './debug.ts'

test.each([
  ['socket.io:client', 'socket.io:client', true],
  ['socket.io:client', 'socket.io*', true],
  ['socket.io:client', '*', true],
  ['socket.io:client', 'engine, socket.io:*', true],
  ['socket.io:client', '*,-socket.io:client', false],
  ['socket.io:client', '-engine', false],
  ['socket.io:client', 'socket.io', false],
  ['socket.io:client', 'socketxio*', false],
  ['engine', 'engine*', true],
  ['engine', '', false],
  ['engine', undefined, false],
  ['engine', '(*', false],
] as const)('%s is printed when DEBUG is %j: %j', (name, asked, isPrinted) => {
  expect(debugLog(name, asked) !== undefined).toBe(isPrinted)
})

const script = `
  import { Server } from '@bothways/socket.io'
  import { io as connect } from 'socket.io-client'
  const io = new Server(0)
  io.on('connection', socket => socket.on('login', () => { client.close(); io.close() }))
  const { port } = io.httpServer.address()
  const client = connect('http://127.0.0.1:' + port, { auth: { token: 'secret' } })
  client.emit('login', 'secret')
  io.engine.on('connection', ({ id }) => console.log(id))
`

async function run(debug: string | undefined): Promise<{ stdout: string; stderr: string }> {
  const { DEBUG: _, ...env } = process.env
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../../..'),
    env: { ...env, ...(debug === undefined ? {} : { DEBUG: debug }) },
  })
}

test('DEBUG tells what happens, and no secret', async () => {
  const { stdout, stderr } = await run('socket.io:*,engine,engine:*')
  for (const line of [
    /socket\.io:server serving \/socket\.io$/m,
    /engine new session by polling, protocol 4$/m,
    /socket\.io:client a client asks for namespace \/$/m,
    /socket\.io:client socket \S+ has joined namespace \/$/m,
    /socket\.io:socket \S+: event "login" with 1 arguments$/m,
    /socket\.io:socket \S+: disconnected: /m,
    /engine:socket ended: /m,
  ]) {
    expect(stderr).toMatch(line)
  }
  expect(stderr).not.toContain('secret')
  expect(stderr).not.toContain(stdout.trim())
})

test('Without it nothing is printed', async () => {
  expect((await run(undefined)).stderr).toBe('')
})
