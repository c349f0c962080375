/** Opens the broker of `sqlite:FILE` or `redis://127.0.0.1:PORT#PREFIX`. A further broker is one line here, and passes the same chaos. */
export async function openBroker(name) {
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
    const broker = await RedisBroker.open({ client, prefix, timeoutMs: 1000 })
    const close = broker.close.bind(broker)
    broker.close = async () => {
      await close()
      client.destroy()
    }
    return broker
  }
  throw new Error(`There is no broker ${name}.`)
}
