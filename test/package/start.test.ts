import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let npm: ChildProcess | undefined

afterEach(() => {
  npm?.kill('SIGTERM')
})

/** Runs `npm start` on a free port and waits for the line that says where. */
async function start(...args: string[]): Promise<{ url: string; exit: Promise<unknown[]> }> {
  const env = { ...process.env, PORT: '0', HOST: '' }
  npm = spawn('npm', ['start', '--loglevel=error', ...args], {
    cwd: root,
    env,
    shell: process.platform === 'win32',
  })
  const exit = once(npm, 'exit')
  let output = ''
  for await (const chunk of npm.stdout ?? []) {
    output += chunk
    // Everything is built before the tests run; other tests read what a second build would write.
    expect(output).not.toContain('Building')
    const ready = /^Bothways is listening on (http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(output)
    if (ready?.[1] !== undefined) return { url: ready[1], exit }
  }
  throw new Error(`npm start ended before it was ready:\n${output}`)
}

/** Runs `npm start` where it ends by itself. */
async function ending(env: Record<string, string>): Promise<{ code: number; errors: string }> {
  const options = {
    cwd: root,
    env: { ...process.env, HOST: '', ...env },
    shell: process.platform === 'win32',
  }
  npm = spawn('npm', ['start', '--loglevel=error'], options)
  let errors = ''
  npm.stderr?.setEncoding('utf8').on('data', chunk => {
    errors += chunk
  })
  const [code] = await once(npm, 'close')
  return { code, errors }
}

const isGone = (url: string): Promise<boolean> =>
  fetch(`${url}healthz`).then(
    () => false,
    () => true,
  )

test.skipIf(process.platform === 'win32').each([
  ['SIGTERM', 1],
  ['SIGINT', 1],
  ['SIGINT', 2],
] as const)('%s to npm start ends the server with 0, sent %i times', async (signal, times) => {
  const { url, exit } = await start()
  expect((await fetch(`${url}healthz`)).status).toBe(200)
  for (let time = 0; time < times; time++) npm?.kill(signal)
  expect(await exit).toEqual([0, null])
  expect(await isGone(url)).toBe(true)
})

test('A port in use is told with what to do: npm keeps an option for itself that is not behind --', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code, errors } = await ending({ PORT: String(port) })
  other.close()
  expect(code).toBe(1)
  expect(errors).toContain(`Port ${port} of 127.0.0.1 is in use`)
  expect(errors).toContain('npm start -- --port')
  const chinese = await ending({ PORT: 'x', LC_ALL: 'zh_CN.UTF-8' })
  expect(chinese.errors).toMatch(/^[^a-z]*--port.*\p{Script=Han}.*\n[\s\S]*npm start 的选项这样写/mu)
})

test('npm start serves the page', async () => {
  const { url, exit } = await start()
  const page = await fetch(url)
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(await page.text()).toContain('<script type="module"')
  npm?.kill('SIGTERM')
  await exit
})
