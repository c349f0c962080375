import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runChild, startChild } from '../support/child.ts'

const root = new URL('../../', import.meta.url)

async function codeOf(file: string): Promise<string[]> {
  const text = await readFile(new URL(file, root), 'utf8')
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map(match => match[1] ?? '')
}

test('The README says the same code in both languages', async () => {
  expect(await codeOf('README.zh-CN.md')).toEqual(await codeOf('README.md'))
})

test("The README's server and client run, and one hears the other", async () => {
  const [server = '', client = ''] = await codeOf('README.md')
  // Inside the repository, so that the packages are found by their names.
  const folder = await mkdtemp(fileURLToPath(new URL('node_modules/.readme-', root)))
  try {
    await writeFile(`${folder}/server.mjs`, server.replace('port: 8080', 'port: 0'))
    const running = await startChild('node', [`${folder}/server.mjs`])
    const url = new URL('/chat', running.firstLine).href
    const listening = `const other = new WebSocket('${url}')
      other.onmessage = event => { console.log(event.data); process.exit() }
      await new Promise(resolve => { other.onopen = resolve })`
    const [imports = '', ...rest] = client.replace('ws://127.0.0.1:8080/chat', url).split('\n')
    await writeFile(`${folder}/client.mjs`, [imports, listening, ...rest].join('\n'))
    expect(await runChild('node', [`${folder}/client.mjs`])).toBe('hello\n')
    await running.stop()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('The reference of the server runs as it stands', async () => {
  const [server = ''] = await codeOf('docs/reference/server.md')
  const folder = await mkdtemp(fileURLToPath(new URL('node_modules/.docs-', root)))
  try {
    await writeFile(`${folder}/server.mjs`, `${server}\nconsole.log(url)\n`)
    const running = await startChild('node', [`${folder}/server.mjs`])
    const { WebSocket } = await import('bothways')
    const socket = new WebSocket(new URL('/chat?name=李四', running.firstLine), ['chat'])
    await once(socket, 'open')
    expect(socket.protocol).toBe('chat')
    socket.terminate()
    await running.stop()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
