import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ask, Client, Events, isOwnSubject, leaveAll, newRoom, startSubject, stopSubject } from './subject.ts'

beforeAll(startSubject)
afterEach(leaveAll)
afterAll(stopSubject)

// Needs a server of its own: it is told to leave.
test.runIf(isOwnSubject)(
  'A server that leaves gives each client a time of its own, then closes with 1012; streams and polls hear it, too',
  async () => {
    const topic = newRoom()
    const clients = await Promise.all(Array.from({ length: 8 }, () => Client.join()))
    const streams = await Promise.all(Array.from({ length: 3 }, () => Events.open(`events?topic=${topic}`)))
    for (const stream of streams) await stream.next('subscribed')
    const { since } = (await ask(`poll?topic=${topic}`)).body
    const polled = ask(`poll?topic=${topic}&since=${since}&waitMs=25000`)
    // It waits once another request behind it was answered.
    await ask(`poll?topic=${topic}`)
    const stopped = stopSubject()
    const goodbyes = await Promise.all(clients.map(client => client.next('goodbye')))
    expect(new Set(goodbyes.map(({ retryAfterMs }) => retryAfterMs)).size).toBeGreaterThan(4)
    for (const { retryAfterMs } of goodbyes) expect(retryAfterMs).toBeGreaterThan(0)
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(clients.map(() => 1012))
    const retries = await Promise.all(streams.map(stream => stream.retryAtEnd()))
    expect(new Set(retries).size).toBe(3)
    expect((await polled).status).toBe(200)
    expect((await polled).body.retryAfterMs).toBeGreaterThan(0)
    await stopped
  },
)
