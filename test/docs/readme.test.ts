import { once } from 'node:events'
import { runChild, startChild } from '@bothways/test-support/child'
import { bin } from '@bothways/test-support/command'
import { WebSocket } from 'bothways'
import { expect, test } from 'vitest'
import { codeBlocks, withFolder } from './code-blocks.ts'

const codeOf = async (page: string, language = 'ts') =>
  (await codeBlocks(page, language)).map(({ code }) => code)

test('The README says the same code in both languages', async () => {
  expect(await codeOf('README.zh-CN.md')).toEqual(await codeOf('README.md'))
})

test("The README's server and client run, and one hears the other", async () => {
  const [server = '', client = ''] = await codeOf('README.md')
  await withFolder({ 'server.js': server.replace('port: 8080', 'port: 0') }, async folder => {
    const running = await startChild('node', [`${folder}/server.js`])
    const url = new URL('/chat', running.firstLine).href
    const listening = `const other = new WebSocket('${url}')
      other.onmessage = event => { console.log(event.data); process.exit() }
      await new Promise(resolve => { other.onopen = resolve })`
    const [imports = '', ...rest] = client.replace('ws://127.0.0.1:8080/chat', url).split('\n')
    await withFolder({ 'client.js': [imports, listening, ...rest].join('\n') }, async folder => {
      expect(await runChild('node', [`${folder}/client.js`])).toBe('hello\n')
    })
    await running.stop()
  })
})

test('The reference of the server runs as it stands', async () => {
  const [server = ''] = await codeOf('docs/reference/server.md')
  await withFolder({ 'server.js': server.replace('port: 8080', 'port: 0') }, async folder => {
    const running = await startChild('node', [`${folder}/server.js`])
    const socket = new WebSocket(new URL('/chat?name=李四', running.firstLine), ['chat'])
    await once(socket, 'open')
    expect(socket.protocol).toBe('chat')
    socket.terminate()
    await running.stop()
  })
})

test("The protocol's README prints what it says", async () => {
  const page = 'packages/protocol/README.md'
  const [example = ''] = await codeOf(page)
  await withFolder({ 'example.js': example }, async folder => {
    expect(await runChild('node', [`${folder}/example.js`])).toBe((await codeOf(page, 'text')).join())
  })
})

test("The package's README prints hello and ends", async () => {
  const [example = ''] = await codeOf('packages/bothways/README.md')
  await withFolder({ 'example.js': example }, async folder => {
    expect(await runChild('node', [`${folder}/example.js`])).toBe('hello\n')
  })
})

test("The command's README: an echo server, and hello comes back", async () => {
  const [, echo = '', connect = ''] = await codeOf('packages/cli/README.md', 'sh')
  const shell = (line: string) => line.trim().replace('bothways', `exec node ${bin}`)
  const running = await startChild('sh', ['-c', `${shell(echo)} --port 0`])
  const url = /listening on (\S+)/.exec(running.firstLine)?.[1] ?? ''
  expect(connect).toContain('ws://127.0.0.1:9001/')
  const here = connect.replace('ws://127.0.0.1:9001/', url)
  expect(await runChild('sh', ['-c', shell(here)])).toBe('hello\n')
  await running.stop()
})
