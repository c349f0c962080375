/** Opens the broker of `sqlite:FILE`, `redis://127.0.0.1:PORT#PREFIX` or `nats://127.0.0.1:PORT#PREFIX`. A further broker is one line here, and passes the same chaos. */
export async function openBroker(name, timeoutMs = 1000) {
  const [kind, ...rest] = name.split(':')
  if (kind === 'sqlite') {
    const { SqliteBroker } = await import('@bothways/sqlite')
    return await SqliteBroker.open({ file: rest.join(':') })
  }
  if (kind === 'redis') {
    const { RedisBroker } = await import('@bothways/redis')
    const { createClient } = await import('redis')
    const [url, prefix = 'bothways'] = name.split('#')
    const client = createClient({ url, socket: { reconnectStrategy: 20 } })
    client.on('error', () => {})
    await client.connect()
    const broker = await openWhenReady(() => RedisBroker.open({ client, prefix, timeoutMs }))
    const close = broker.close.bind(broker)
    broker.close = async () => {
      await close()
      client.destroy()
    }
    return broker
  }
  if (kind === 'nats') {
    const { NatsBroker } = await import('@bothways/nats')
    const { connect, headers } = await import('@nats-io/transport-node')
    const [url, prefix = 'bothways'] = name.split('#')
    const connection = await connect({
      servers: url,
      reconnectTimeWait: 20,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
    })
    const options = { connection, headers, prefix, timeoutMs, maxHistoryBytes: 256 * 1024 * 1024 }
    const broker = await openWhenReady(() => NatsBroker.open(options))
    const close = broker.close.bind(broker)
    broker.close = async () => {
      await close()
      await connection.close()
    }
    return broker
  }
  throw new Error(`There is no broker ${name}.`)
}

/** A server of the chaos may come up while the broker is being restarted. */
async function openWhenReady(open) {
  for (let tries = 0; ; tries++) {
    try {
      return await open()
    } catch (error) {
      if (tries === 50) throw error
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}
