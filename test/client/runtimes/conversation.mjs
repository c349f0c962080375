/**
 * A program with the client, in any runtime: topics, state, a request, a connection that is cut, and the same without
 * WebSocket. The server is that of `serve-conversation.ts`.
 *
 * @param room a topic of its own
 * @param options what this runtime lacks
 */
export async function converse(createClient, url, room, options) {
  const waits = { firstRetryMs: 50, maxRetryMs: 200 }
  const client = createClient(url, { ...options, ...waits })
  const streaming = createClient(url, { ...options, ...waits, WebSocket: Blocked })
  try {
    const [one, other] = [client, streaming].map(it => follow(it, room))
    await Promise.all([one.ready, other.ready])
    const transports = [client, streaming].map(({ connection }) => connection.transport)
    const load = client.state(`load/${room}`)
    const value = new Promise(resolve => load.subscribe(resolve))
    await load.set({ cpu: 0.5 })
    for (let n = 0; n < 3; n++) await one.topic.publish(n)
    const echo = await client.request('echo', '你好')
    const closing = client.request('cut').catch(({ code }) => code)
    await Promise.all([one.topic.publish(3), one.topic.publish(4)])
    await other.topic.publish(5)
    await Promise.all([one.has(6), other.has(6)])
    const presence = [one.topic.presence, other.topic.presence]
    return { transports, logs: [one.log, other.log], value: await value, echo, cut: await closing, presence }
  } finally {
    client.close()
    streaming.close()
  }
}

class Blocked {
  constructor() {
    throw new Error('There are no WebSockets here.')
  }
}

function follow(client, room) {
  const topic = client.topic(room, { presence: 'here' })
  const log = []
  let look = () => {}
  topic.on('publication', ({ data }) => {
    log.push(data)
    look()
  })
  topic.on('gap', () => log.push('gap'))
  const has = count =>
    new Promise(resolve => {
      look = () => log.length >= count && resolve()
      look()
    })
  return { topic, log, has, ready: topic.ready() }
}
