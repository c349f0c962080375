import { spawn } from 'node:child_process'
import { bin, launch, run } from '@bothways/test-support/command'
import { WebSocket } from 'bothways'
import { afterEach, describe, expect, test } from 'vitest'
import { systemPrograms } from '../../../../tools/lib/system-programs.mjs'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** Collects what a stream says, and waits for words in it. */
function listener(stream: NodeJS.ReadableStream) {
  let heard = ''
  let onHeard = (): void => {}
  stream.setEncoding('utf8').on('data', chunk => {
    heard += chunk
    onHeard()
  })
  return {
    text: () => heard,
    until: (words: string | RegExp): Promise<string> =>
      new Promise(resolve => {
        onHeard = () => {
          const [found] = heard.match(words) ?? []
          if (found !== undefined) resolve(found)
        }
        onHeard()
      }),
  }
}

async function listen(...args: string[]) {
  const command = launch(['listen', '--port', '0', ...args])
  cleanups.push(() => command.child.kill('SIGKILL'))
  const errors = listener(command.child.stderr)
  return { ...command, errors, url: await errors.until(/ws:\/\/\S+/) }
}

async function open(url: string, ...protocols: string[]): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols)
  cleanups.push(() => socket.terminate())
  await new Promise(resolve => socket.addEventListener('open', resolve))
  return socket
}

describe('bothways listen, on a pipe', () => {
  test('prints what comes, sends each line to everybody once there is somebody, and ends with --once', async () => {
    const { child, outcome, url } = await listen('--once')
    child.stdin.write('welcome\n')
    const client = await open(`${url}chat`, 'v1')
    const [welcome] = await new Promise<string[]>(resolve => {
      client.addEventListener('message', event => resolve([event.data]))
    })
    expect([welcome, client.protocol]).toEqual(['welcome', 'v1'])
    client.send('你好')
    client.send(Uint8Array.of(0, 255))
    client.close(1000, 'bye')
    const { code, output, errors } = await outcome
    expect([code, output]).toEqual([0, '你好\n00ff\n'])
    expect(errors.replace(/port \d+/, 'port N')).toMatch(
      /#1 ● 127\.0\.0\.1 port N connected to \/chat, subprotocol v1\n.*#1 ● closed 1000 “bye”: normal/s,
    )
  })

  test('--json tells every event with its client, and a signal disconnects everybody', async () => {
    const { child, outcome, url } = await listen('--json')
    child.stdin.end()
    const output = listener(child.stdout)
    const [one, two] = [await open(url), await open(url)]
    one.send('a')
    await output.until('"client":1,"type":"received"')
    two.send(Uint8Array.of(1))
    await output.until('"client":2,"type":"received"')
    const closed = new Promise<number>(resolve => one.addEventListener('close', event => resolve(event.code)))
    child.kill('SIGINT')
    expect(await closed).toBe(1001)
    expect((await outcome).code).toBe(0)
    const events = output
      .text()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(events.slice(0, 4)).toMatchObject([
      { type: 'open', client: 1, path: '/', remoteAddress: '127.0.0.1' },
      { type: 'open', client: 2 },
      { type: 'received', client: 1, data: 'a', bytes: 1 },
      { type: 'received', client: 2, data: 'AQ==', encoding: 'base64' },
    ])
  })

  test('A port in use is named', async () => {
    const { url } = await listen()
    const { port } = new URL(url)
    const { code, errors } = await run(['listen', '--port', port])
    expect([code, errors]).toEqual([1, expect.stringContaining(`Port ${port} of 127.0.0.1 is in use`)])
  })
})

test('bothways listen on a terminal answers all clients, or one by its number', async () => {
  const command = ['node', bin, 'listen', '--port', '0']
  const child = spawn(
    systemPrograms().python,
    ['-c', `import pty, sys; sys.exit(pty.spawn(${JSON.stringify(command)}) >> 8)`],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NO_COLOR: '1', BOTHWAYS_HISTORY: '' } },
  )
  cleanups.push(() => child.kill('SIGKILL'))
  const screen = listener(child.stdout)
  const url = await screen.until(/ws:\/\/127\.0\.0\.1:\d+\//)
  const [one, two] = [await open(url), await open(url)]
  const heard: string[] = []
  one.addEventListener('message', event => heard.push(`one ${event.data}`))
  two.addEventListener('message', event => heard.push(`two ${event.data}`))
  one.send('hi')
  await screen.until('#1 ← text 2 B hi')
  child.stdin.write('/2 only you\r')
  child.stdin.write('/1 /ping\r')
  await screen.until('#1 ← pong after')
  child.stdin.write('/7 nobody\r')
  await screen.until('There is no client 7.')
  child.stdin.write('all\r/close 4000 done\r')
  await screen.until('#2 ● closed 4000')
  child.stdin.write('/quit\r')
  expect(await new Promise(resolve => child.once('close', resolve))).toBe(0)
  expect(heard.toSorted()).toEqual(['one all', 'two all', 'two only you'])
})
