/** As test/chaos/topics.mjs has them: `log` keeps everything, `short` forgets while somebody is away. */
export const topics = ['log/1', 'log/2', 'short/1']

/**
 * A client, in Node.js or in a page, that listens to every topic and publishes to each until it is stopped, one by one and
 * several at once. `seen` is as test/chaos/verify.mjs judges it.
 */
export function follow(client, who, pauseMs) {
  const seen = Object.fromEntries(topics.map(topic => [topic, []]))
  const acknowledged = []
  const failures = []
  const statuses = []
  const begun = performance.now()
  const second = () => Math.round((performance.now() - begun) / 1000)
  client.on('status', ({ status, transport, reason }) => {
    statuses.push(`${second()} ${status} ${transport ?? ''} ${reason?.code ?? ''}`.trim())
    if (statuses.length > 12) statuses.shift()
  })
  let isStopping = false
  let stopNow = () => {}
  const stopping = new Promise(resolve => {
    stopNow = resolve
  })
  const rooms = topics.map(topic => client.topic(topic))
  for (const room of rooms) {
    const log = seen[room.name]
    room.on('publication', ({ position, data }) => log.push({ position, ...data }))
    room.on('gap', () => log.push({ lost: true }))
  }
  const publish = async (room, n) => {
    const from = second()
    try {
      acknowledged.push({ topic: room.name, from: who, n, position: await room.publish({ from: who, n }) })
    } catch (error) {
      failures.push(
        `${who} ${room.name} ${n} of ${from}: ${second()} ${error.code}, after ${statuses.join(', ')}`,
      )
    }
  }
  const publishAll = async room => {
    const pending = []
    for (let n = 0; !isStopping; n++) {
      pending.push(publish(room, n))
      if (n % 3 === 0) await Promise.all(pending.splice(0))
      await Promise.race([stopping, new Promise(resolve => setTimeout(resolve, pauseMs * Math.random() * 2))])
    }
    await Promise.all(pending)
  }
  let publishing
  return {
    ready: async () => {
      await Promise.all(rooms.map(room => room.ready()))
    },
    begin: () => {
      publishing = rooms.map(publishAll)
    },
    /** Resolves when everything is acknowledged. */
    stop: async () => {
      isStopping = true
      stopNow()
      await Promise.all(publishing)
      return { acknowledged, failures }
    },
    /** Whether the newest publication of a topic has come, or it was told that what came last is lost. */
    hasSeen: (topic, position) => {
      const last = seen[topic].at(-1)
      return last?.lost === true || last?.position === position
    },
    seen: () => seen,
    /** For who looks into a log that is not whole. */
    state: () => [...rooms.map(room => `${room.name} ${room.status} ${room.position}`), ...statuses],
  }
}
