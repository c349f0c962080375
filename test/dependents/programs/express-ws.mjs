import { once } from 'node:events'
import express from 'express'
import expressWs from 'express-ws'
import { WebSocket } from 'ws'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('express-ws'))

const { app, getWss, applyTo } = expressWs(express(), undefined, {
  wsOptions: { perMessageDeflate: { threshold: 0 }, clientTracking: true },
})
app.use((request, _, next) => {
  request.greeting = `hello ${request.query.name ?? 'you'}`
  next()
})
app.get('/page', (_, response) => response.send('a page'))
app.ws('/echo', (socket, request) => {
  socket.send(request.greeting)
  socket.on('message', data => socket.send(data))
})
app.ws('/everybody', socket => {
  socket.send('welcome')
  socket.on('message', data => {
    for (const client of getWss().clients) {
      if (client.readyState === WebSocket.OPEN) client.send(`to everybody: ${data}`)
    }
  })
})
app.ws('/fails', (_, __, next) => next(new Error('not today')))
const router = express.Router()
applyTo(router)
router.ws('/:room', (socket, { params, url }) => socket.send(JSON.stringify({ params, url })))
app.use('/rooms', router)
app.use((_error, _request, response, _next) => response.status(500).send('failed'))

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()
const url = `ws://127.0.0.1:${port}`

console.log(await (await fetch(`http://127.0.0.1:${port}/page`)).text())
const echo = await open('/echo?name=Ada')
console.log(echo.hello, '/', echo.client.extensions)
const echoed = once(echo.client, 'message')
echo.client.send('ünïcödé'.repeat(1_000))
console.log(String((await echoed)[0]) === 'ünïcödé'.repeat(1_000))
const binary = once(echo.client, 'message')
echo.client.send(new Uint8Array([1, 2, 3]))
console.log(...(await binary))

console.log((await open('/rooms/red')).hello)
const crowd = await Promise.all(Array.from({ length: 3 }, () => open('/everybody')))
console.log('clients', getWss().clients.size)
const heard = [echo, ...crowd].map(({ client }) => once(client, 'message'))
crowd[0].client.send('news')
for (const [data] of await Promise.all(heard)) console.log(String(data))

const pong = once(echo.client, 'pong')
echo.client.ping('still there?')
console.log('pong', String((await pong)[0]))

for (const path of ['/nowhere', '/fails']) {
  const client = new WebSocket(`${url}${path}`)
  const opened = once(client, 'open')
  const closed = once(client, 'close')
  await opened
  console.log(`${path} closes with`, (await closed)[0])
}

const left = [...getWss().clients].map(client => once(client, 'close'))
for (const { client } of crowd) client.close(1_000, 'enough')
for (const client of getWss().clients) client.close(1_001)
await Promise.all(left)
console.log('clients', getWss().clients.size)
await new Promise(resolve => getWss().close(resolve))
server.close()
await once(server, 'close')
console.log('closed')

async function open(path) {
  const client = new WebSocket(`${url}${path}`)
  const [[data]] = await Promise.all([once(client, 'message'), once(client, 'open')])
  return { client, hello: String(data) }
}
