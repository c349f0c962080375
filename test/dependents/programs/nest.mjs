import 'reflect-metadata'
import { once } from 'node:events'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { WsAdapter } from '@nestjs/platform-ws'
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from '@nestjs/websockets'
import { from, map } from 'rxjs'
import { WebSocket } from 'ws'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('@nestjs/platform-ws'))

const log = []

// Decorators are functions: called as such, these classes need no compiler.
class EventsGateway {
  handleConnection(client, request) {
    log.push(`came to ${request.url}`)
    client.send(JSON.stringify({ event: 'welcome', data: client.constructor === WebSocket }))
  }
  handleDisconnect() {
    log.push('left')
  }
  echo(data) {
    return { event: 'echo', data }
  }
  count(to) {
    return from(Array.from({ length: to }, (_, index) => index + 1)).pipe(
      map(data => ({ event: 'count', data })),
    )
  }
  everybody(data, client) {
    for (const other of this.server.clients) {
      if (other !== client) other.send(JSON.stringify({ event: 'news', data }))
    }
    return { event: 'told', data: this.server.clients.size }
  }
  fails() {
    throw new WsException('not today')
  }
}
decorateMethod(EventsGateway, 'echo', 'echo', MessageBody())
decorateMethod(EventsGateway, 'count', 'count', MessageBody())
decorateMethod(EventsGateway, 'everybody', 'everybody', MessageBody(), ConnectedSocket())
decorateMethod(EventsGateway, 'fails', 'fails')
WebSocketServer()(EventsGateway.prototype, 'server')
WebSocketGateway({ path: '/events', perMessageDeflate: { threshold: 0 } })(EventsGateway)

class OtherGateway {
  echo(data) {
    return { event: 'other', data }
  }
}
decorateMethod(OtherGateway, 'echo', 'echo', MessageBody())
WebSocketGateway({ path: '/other' })(OtherGateway)

class App {}
Module({ providers: [EventsGateway, OtherGateway] })(App)

const app = await NestFactory.create(App, { logger: ['fatal'] })
app.useWebSocketAdapter(new WsAdapter(app))
await app.listen(0, '127.0.0.1')
const url = `ws://127.0.0.1:${app.getHttpServer().address().port}`

const first = new WebSocket(`${url}/events?as=first`)
console.log(await answer(first), first.extensions)
const second = new WebSocket(`${url}/events?as=second`)
console.log(await answer(second))
console.log(await ask(first, 'echo', { text: 'ünïcödé', list: [1, 2] }))
const counted = answers(first, 3)
first.send(JSON.stringify({ event: 'count', data: 3 }))
console.log(...(await counted))
const news = answer(second)
console.log(await ask(first, 'everybody', 'hello'), await news)
console.log(await ask(first, 'fails'))
first.send('no JSON')
console.log(await ask(first, 'echo', 'still here'))

const other = new WebSocket(`${url}/other`)
await once(other, 'open')
console.log(await ask(other, 'echo', 'elsewhere'))
const [nowhere] = await once(new WebSocket(`${url}/nowhere`), 'error')
console.log('no such path:', nowhere.code)

const gone = once(first, 'close')
first.close(1_000)
console.log('closed', (await gone)[0])
const ended = [second, other].map(client => once(client, 'close'))
await app.close()
for (const [code] of await Promise.all(ended)) console.log('closed with the server:', code)
console.log(log.join(', '))

function decorateMethod(type, method, event, ...parameters) {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, method)
  SubscribeMessage(event)(type.prototype, method, descriptor)
  for (const [index, decorate] of parameters.entries()) decorate(type.prototype, method, index)
  Reflect.defineMetadata(
    'design:paramtypes',
    parameters.map(() => Object),
    type.prototype,
    method,
  )
}

async function answer(client) {
  return String((await once(client, 'message'))[0])
}

function answers(client, count) {
  return new Promise(resolve => {
    const all = []
    client.on('message', function hear(data) {
      if (all.push(String(data)) < count) return
      client.off('message', hear)
      resolve(all)
    })
  })
}

function ask(client, event, data) {
  const answered = answer(client)
  client.send(JSON.stringify({ event, data }))
  return answered
}
