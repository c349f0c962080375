import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer from 'puppeteer-core'
import { WebSocketServer } from 'ws'
import { listen } from './listen.mjs'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('puppeteer-core'))

const [executablePath] = process.argv.slice(2)

const web = createServer((_, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(
    '<!doctype html><title>A page</title><h1>Grüße</h1><button onclick="this.textContent = 1">0</button>',
  )
})
// Chromium is a client of the same ws as well.
new WebSocketServer({ server: web, perMessageDeflate: { threshold: 0 } }).on('connection', socket => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})
const url = `http://127.0.0.1:${await listen(web)}/`

const userDataDir = await mkdtemp(join(tmpdir(), 'bothways-puppeteer-'))
const browser = await puppeteer.launch({
  executablePath,
  userDataDir,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
try {
  console.log('connected by', new URL(browser.wsEndpoint()).protocol, browser.connected)
  const page = await browser.newPage()
  await page.setViewport({ width: 300, height: 200 })
  await page.goto(url)
  console.log(await page.title(), await page.$eval('h1', ({ textContent }) => textContent))
  await page.click('button')
  console.log('clicked', await page.$eval('button', ({ textContent }) => textContent))
  console.log('evaluated', await page.evaluate((a, b) => ({ sum: a + b, list: [a, b] }), 1, 2))

  const large = 'ä€'.repeat(500_000)
  console.log('a large one, both ways', (await page.evaluate(text => text, large)) === large)
  const squares = await Promise.all(Array.from({ length: 200 }, (_, n) => page.evaluate(n => n * n, n)))
  console.log(
    '200 at once',
    squares.every((square, n) => square === n * n),
  )

  await page.exposeFunction('fromNode', text => `Node heard ${text}`)
  console.log(await page.evaluate(() => globalThis.fromNode('the page')))
  const logged = new Promise(resolve => page.once('console', message => resolve(message.text())))
  await page.evaluate(() => console.log('from the console'))
  console.log(await logged)
  console.log(
    await page.evaluate(() => Promise.reject(new Error('thrown there'))).catch(error => error.message),
  )

  const image = await page.screenshot()
  console.log('screenshot', String.fromCharCode(...image.slice(1, 4)), image.length > 500)

  const echoes = await page.evaluate(
    address =>
      new Promise(resolve => {
        const socket = new WebSocket(address)
        const echoes = []
        socket.binaryType = 'arraybuffer'
        socket.onopen = () => {
          socket.send('text')
          socket.send(new Uint8Array([1, 2, 3]))
        }
        socket.onmessage = ({ data }) => {
          echoes.push(typeof data === 'string' ? data : new Uint8Array(data).join())
          if (echoes.length === 2) socket.close(4000)
        }
        socket.onclose = ({ code, wasClean }) => resolve([...echoes, socket.extensions, code, wasClean])
      }),
    url.replace('http', 'ws'),
  )
  console.log('the page talks to ws:', ...echoes)

  const again = await puppeteer.connect({ browserWSEndpoint: browser.wsEndpoint() })
  console.log(
    'a second connection sees',
    (await again.pages()).some(other => other.url() === url),
  )
  await again.disconnect()
  console.log('disconnected', again.connected, browser.connected)
} finally {
  const disconnected = new Promise(resolve => browser.once('disconnected', resolve))
  await browser.close()
  await disconnected
  console.log('closed', browser.connected)
  await rm(userDataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  web.closeAllConnections()
  web.close()
}
