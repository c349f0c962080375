import { EventEmitter, on, once } from 'node:events'
import { createServer } from 'node:http'
import { buildSchema } from 'graphql'
import { createClient } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { listen } from './listen.mjs'
import { printWs } from './which-ws.mjs'

printWs(import.meta.resolve('graphql-ws/use/ws'))

const schema = buildSchema(`
  type Query { greeting(name: String!): String! }
  type Mutation { say(text: String!): Boolean! }
  type Subscription { count(to: Int!): Int! said: String! }
`)
const says = new EventEmitter()
let stopped
const hasStopped = new Promise(resolve => {
  stopped = resolve
})
const rootValue = {
  greeting: ({ name }) => `Hello ${name}!`,
  say({ text }) {
    return says.emit('text', text)
  },
  async *count({ to }) {
    for (let count = 1; count <= to; count += 1) yield { count }
  },
  said() {
    const events = on(says, 'text')
    return {
      [Symbol.asyncIterator]() {
        return this
      },
      async next() {
        const { done, value } = await events.next()
        return done ? { done, value } : { done, value: { said: value[0] } }
      },
      return() {
        stopped()
        return events.return()
      },
    }
  },
}

const web = createServer()
const server = new WebSocketServer({ server: web, path: '/graphql', perMessageDeflate: true })
const disposable = useServer(
  {
    schema,
    roots: { query: rootValue, mutation: rootValue, subscription: rootValue },
    onConnect: ({ connectionParams }) => connectionParams?.token === 'secret',
  },
  server,
  // A client that has not answered a ping by the next one is cut: a loaded machine needs some time.
  2_000,
)
const url = `ws://127.0.0.1:${await listen(web)}/graphql`

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { token: 'secret' },
  lazy: false,
  onNonLazyError() {},
  retryAttempts: 0,
})
const [socket] = await new Promise(resolve => client.on('connected', (...args) => resolve(args)))
console.log('connected', socket.protocol, socket instanceof WebSocket)
await new Promise(resolve => socket.once('ping', resolve))
console.log('the server asks whether we are there')

for await (const result of client.iterate({ query: '{ greeting(name: "Ada") }' })) {
  console.log(JSON.stringify(result))
}
const large = 'ä'.repeat(100_000)
for await (const { data } of client.iterate({
  query: 'query ($name: String!) { greeting(name: $name) }',
  variables: { name: large },
})) {
  console.log('a large one', data.greeting === `Hello ${large}!`)
}
for await (const { data } of client.iterate({ query: 'subscription { count(to: 3) }' }))
  console.log(data.count)

const said = client.iterate({ query: 'subscription { said }' })
const first = said.next()
// Operations that follow on the same connection are executed behind the subscription.
for (const text of ['one', 'two', 'three']) await query(`mutation { say(text: "${text}") }`)
console.log((await first).value.data.said, (await said.next()).value.data.said)
await said.return()
await hasStopped
console.log('the subscription ended on the server', says.listenerCount('text'))
console.log(JSON.stringify(await query('{ nothing }')))

const stranger = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
const refusal = await stranger
  .iterate({ query: '{ greeting(name: "?") }' })
  .next()
  .catch(({ code, reason }) => `${code} ${reason}`)
console.log('a stranger:', refusal)
const other = new WebSocket(url, 'graphql-other')
console.log('another protocol:', await once(other, 'error').then(([error]) => error.message, String))
const silent = new WebSocket(url, 'graphql-transport-ws')
await once(silent, 'open')
silent.send('no JSON')
const [code, reason] = await once(silent, 'close')
console.log('no message:', code, String(reason))

const closed = new Promise(resolve => client.on('closed', resolve))
await disposable.dispose()
const { code: lastCode, reason: lastReason, wasClean } = await closed
console.log('closed with the server:', lastCode, lastReason, wasClean)
await client.dispose()
web.close()

async function query(text) {
  const { value } = await client
    .iterate({ query: text })
    .next()
    .catch(errors => ({ value: { errors } }))
  return value
}
