import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  ask,
  Client,
  Events,
  leaveAll,
  newRoom,
  origin,
  post,
  startSubject,
  stopSubject,
  type Wire,
} from './subject.ts'

beforeAll(startSubject)
afterEach(leaveAll)
afterAll(stopSubject)

const names = (...topics: string[]): string =>
  topics.map(topic => `topic=${encodeURIComponent(topic)}`).join('&')
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const refused = ({ status, body }: Answer) => [status, body?.code]
const dataOf = (messages: Wire[]): unknown[] => messages.map(({ data }) => data)
const publishAll = async (topic: string, ...data: unknown[]): Promise<string[]> => {
  const positions: string[] = []
  for (const one of data) positions.push((await post('publish', { topic, data: one })).body.position)
  return positions
}

describe('every answer', () => {
  test('Answers and refusals are no-store and nosniff, and vary by origin', async () => {
    const topic = names(newRoom())
    for (const answer of [
      await ask(`history?${topic}`),
      await ask(`poll?${topic}`),
      await ask('history?topic=nobody'),
      await ask('nothing'),
      await post('publish', 'x'),
      await ask('publish', { method: 'OPTIONS' }),
    ]) {
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
      expect(answer.headers.vary?.toLowerCase()).toContain('origin')
    }
    const { response } = await Events.open(`events?${topic}`)
    expect(response.headers['cache-control']).toMatch(/no-store.*no-transform/)
    expect(response.headers['x-accel-buffering']).toBe('no')
    expect(response.headers['content-type']).toMatch(/^text\/event-stream/)
    expect(response.headers['x-content-type-options']).toBe('nosniff')
  })

  test('Another method is 405 with Allow, another name 404, another type 415', async () => {
    for (const [name, method] of [
      ['events', 'POST'],
      ['poll', 'PUT'],
      ['history', 'DELETE'],
      ['members', 'POST'],
      ['publish', 'GET'],
      ['request', 'GET'],
    ] as const) {
      const answer = await ask(name, { method })
      expect([name, answer.status, typeof answer.headers.allow]).toEqual([name, 405, 'string'])
    }
    expect((await ask('publish', { method: 'HEAD' })).status).toBe(405)
    for (const name of ['', 'nothing', 'publish/', '__proto__', 'events%2F'])
      expect((await ask(name)).status).toBe(404)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'text/plain; application/json',
      '',
    ]) {
      expect((await post('publish', {}, { 'Content-Type': type })).status).toBe(415)
    }
    expect(
      (
        await post(
          'request',
          { method: 'echo', data: 1 },
          { 'Content-Type': 'Application/JSON; charset=utf-8' },
        )
      ).status,
    ).toBe(200)
  })

  test('Pages of other sites are refused, with and without an Origin; the own one is named', async () => {
    const topic = names(newRoom())
    const body = { method: 'echo', data: 1 }
    for (const site of ['cross-site', 'same-site']) {
      expect(refused(await ask(`history?${topic}`, { headers: { 'Sec-Fetch-Site': site } }))).toEqual([
        403,
        'forbidden',
      ])
      expect(refused(await ask(`events?${topic}`, { headers: { 'Sec-Fetch-Site': site } }))).toEqual([
        403,
        'forbidden',
      ])
    }
    for (const site of ['same-origin', 'none']) {
      expect((await ask(`history?${topic}`, { headers: { 'Sec-Fetch-Site': site } })).status).toBe(200)
    }
    for (const foreign of ['https://evil.example', 'null', `${origin()}.evil.example`, '']) {
      const answer = await post('request', body, { Origin: foreign })
      expect([foreign, ...refused(answer)]).toEqual([foreign, 403, 'forbidden'])
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
      expect(
        (await ask('request', { method: 'OPTIONS', headers: { Origin: foreign } })).headers,
      ).not.toHaveProperty('access-control-allow-origin')
    }
    const own = await post('request', body, { Origin: origin() })
    expect(own.status).toBe(200)
    expect(own.headers['access-control-allow-origin']).toBe(origin())
    expect(own.headers).not.toHaveProperty('access-control-allow-credentials')
    const asked = await ask('request', { method: 'OPTIONS', headers: { Origin: origin() } })
    expect(asked.status).toBeLessThan(300)
    expect(asked.headers['access-control-allow-headers']?.toLowerCase().split(/, */).sort()).toEqual([
      'authorization',
      'content-type',
    ])
    expect(asked.headers['access-control-expose-headers']).toMatch(/retry-after/i)
  })

  test('Topics: one at least, 50 at most, each declared; names come percent-encoded', async () => {
    const rooms = Array.from({ length: 51 }, () => newRoom())
    for (const name of ['events', 'poll', 'history', 'members']) {
      expect(refused(await ask(name))).toEqual([400, 'bad_request'])
      expect(refused(await ask(`${name}?topic=`))).toEqual([400, 'bad_request'])
      expect(refused(await ask(`${name}?topic=nobody`))).toEqual([404, 'unknown_topic'])
      expect(refused(await ask(`${name}?topic=room/%00`))).toEqual([400, 'bad_request'])
      expect(refused(await ask(`${name}?topic=room/%ff`))).toEqual([400, 'bad_request'])
    }
    expect((await ask(`poll?${names(...rooms.slice(0, 50))}`)).status).toBe(200)
    expect(refused(await ask(`poll?${names(...rooms)}`))).toEqual([400, 'bad_request'])
    expect(refused(await ask(`events?${names(...rooms)}`))).toEqual([400, 'bad_request'])
    expect(
      refused(await ask(`events?${names(...rooms.slice(0, 9).map(room => room.padEnd(255, 'x')))}`)),
    ).toEqual([400, 'bad_request'])
    expect(refused(await ask(`history?${names(...rooms.slice(0, 2))}`))).toEqual([400, 'bad_request'])
    const topic = `${newRoom()}/a+b c&d=字%2F`
    await publishAll(topic, 'odd')
    expect(dataOf((await ask(`history?${names(topic)}`)).body.messages)).toEqual(['odd'])
  })
})

describe('POST', () => {
  test.each(['null', 'false', '0', '""', '[]', '{"__proto__":1}', nested(64)])(
    '%s is published and echoed as it is',
    async data => {
      const topic = newRoom()
      const { status, body } = await post('publish', `{"topic":"${topic}","data":${data}}`)
      expect(status).toBe(200)
      const { messages, position } = (await ask(`history?${names(topic)}`)).body
      expect(position).toBe(body.position)
      expect(JSON.stringify(messages[0].data)).toBe(data)
      expect((await post('request', `{"method":"echo","data":${data}}`)).text).toBe(`{"data":${data}}`)
    },
  )

  test('What is no JSON object in UTF-8 is bad_request, what is no data invalid_data', async () => {
    for (const body of [
      '',
      'x',
      '[]',
      'null',
      '"x"',
      '{"topic":',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    ]) {
      expect(refused(await post('publish', body))).toEqual([400, 'bad_request'])
      expect(refused(await post('request', body))).toEqual([400, 'bad_request'])
    }
    const topic = newRoom()
    for (const more of [
      '',
      ',"data":9007199254740992',
      `,"data":${nested(65)}`,
      `,"data":${nested(50_000)}`,
      ',"data":"\\ud800"',
    ]) {
      expect(refused(await post('publish', `{"topic":"${topic}"${more}}`))).toEqual([400, 'invalid_data'])
    }
    for (const depth of [65, 50_000]) {
      expect(refused(await post('request', `{"method":"echo","data":${nested(depth)}}`))).toEqual([
        400,
        'invalid_data',
      ])
    }
  })

  test('Each refusal has its status', async () => {
    const topic = newRoom()
    const key = 'k'.repeat(22)
    const first = await post('publish', { topic, data: 1, key })
    expect((await post('publish', { topic, data: 1, key })).body).toEqual(first.body)
    expect(refused(await post('publish', { topic, data: 2, key }))).toEqual([409, 'key_reused'])
    expect(refused(await post('publish', { topic, data: 2, ifPosition: 'x' }))).toEqual([409, 'conflict'])
    expect(refused(await post('publish', { topic, data: 2, key: 'short' }))).toEqual([400, 'bad_request'])
    expect(refused(await post('publish', { topic, data: 2, key: 7 }))).toEqual([400, 'bad_request'])
    expect(refused(await post('publish', { topic: 'nobody', data: 2 }))).toEqual([404, 'unknown_topic'])
    expect(refused(await post('publish', { data: 2 }))).toEqual([400, 'bad_request'])
    expect(refused(await post('request', { method: 'nobody' }))).toEqual([404, 'unknown_method'])
    expect(refused(await post('request', {}))).toEqual([400, 'bad_request'])
    for (const length of [70_000, 1_000_000]) {
      expect(refused(await post('publish', { topic, data: 'x'.repeat(length) }))).toEqual([413, 'too_large'])
    }
  })

  test('A body that breaks off publishes nothing, and the server goes on', async () => {
    const topic = newRoom()
    const { hostname, port } = new URL(origin())
    for (let round = 0; round < 10; round++) {
      const socket = connect(Number(port), hostname)
      socket.write(
        `POST /bothways/publish HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"topic":"${topic}","data":1}`,
      )
      await new Promise<void>(resolve => socket.once('connect', () => setImmediate(resolve)))
      socket.destroy()
    }
    expect((await ask(`history?${names(topic)}`)).body.messages).toEqual([])
  })
})

describe('history and members', () => {
  test('history gives the newest, oldest first; counts are whole numbers', async () => {
    const topic = newRoom()
    const positions = await publishAll(topic, 1, 2, 3)
    const { messages, position } = (await ask(`history?${names(topic)}&last=2`)).body
    expect(dataOf(messages)).toEqual([2, 3])
    expect(messages[0]).toMatchObject({
      type: 'publication',
      topic,
      position: positions[1],
      at: expect.any(Number),
    })
    expect(position).toBe(positions[2])
    expect((await ask(`history?${names(topic)}&last=0`)).body).toEqual({
      messages: [],
      position: positions[2],
    })
    for (const last of ['-1', '1.5', 'x', '', '1e3', '%201']) {
      expect(refused(await ask(`history?${names(topic)}&last=${last}`))).toEqual([400, 'bad_request'])
      expect(refused(await ask(`poll?${names(topic)}&waitMs=${last}`))).toEqual([400, 'bad_request'])
    }
    const [state] = (await ask('history?topic=load&last=1')).body.messages
    expect(state).toMatchObject({ type: 'state', topic: 'load' })
  })

  test('members are those of WebSocket', async () => {
    const topic = newRoom()
    expect((await ask(`members?${names(topic)}`)).body).toEqual({ members: [] })
    const client = new Client()
    const { client: me } = await client.next()
    await client.call({ type: 'subscribe', id: 1, topic, presence: 0 })
    expect((await ask(`members?${names(topic)}`)).body).toEqual({ members: [{ client: me, data: 0 }] })
  })
})

describe('poll', () => {
  test('Without since it gives a cursor at once; with it what came behind, then nothing', async () => {
    const [one, other] = [newRoom(), newRoom()]
    await publishAll(one, 0)
    const begun = (await ask(`poll?${names(one, other)}`)).body
    expect(begun).toEqual({ messages: [], since: expect.any(String), recovered: true })
    await publishAll(one, 1, 2)
    await publishAll(other, 3)
    const found = (await ask(`poll?${names(one, other)}&since=${begun.since}`)).body
    expect(dataOf(found.messages)).toEqual([1, 2, 3])
    expect((await ask(`poll?${names(one, other)}&since=${found.since}&waitMs=0`)).body).toEqual({
      messages: [],
      since: expect.any(String),
      recovered: true,
    })
    const again = (await ask(`poll?${names(one, other, one)}&since=${begun.since}&waitMs=0`)).body
    expect(dataOf(again.messages)).toEqual([1, 2, 3])
    const turned = (await ask(`poll?${names(other, one)}&since=${begun.since}&waitMs=0`)).body
    expect(turned.recovered).toBe(true)
    expect(dataOf(turned.messages).sort()).toEqual([1, 2, 3])
    expect(dataOf((await ask(`poll?${names(one)}&last=2`)).body.messages)).toEqual([1, 2])
  })

  test('It waits, and answers as soon as something comes', async () => {
    const topic = newRoom()
    const { since } = (await ask(`poll?${names(topic)}`)).body
    const polled = ask(`poll?${names(topic)}&since=${since}&waitMs=20000`)
    await publishAll(topic, 'now')
    expect(dataOf((await polled).body.messages)).toEqual(['now'])
    const started = Date.now()
    await ask(`poll?${names(newRoom())}&since=`)
    expect(
      (await ask(`poll?${names(topic)}&since=${(await polled).body.since}&waitMs=300`)).body.messages,
    ).toEqual([])
    expect(Date.now() - started).toBeGreaterThanOrEqual(290)
  })

  test('A stale cursor is 200 with recovered: false, and last follow', async () => {
    const topic = newRoom()
    await publishAll(topic, 1, 2, 3)
    const { since: foreign } = (await ask(`poll?${names(newRoom())}`)).body
    for (const since of ['x', foreign, 'W10', 'bnVsbA', '%F0%9F%98%80']) {
      const answer = await ask(`poll?${names(topic)}&since=${since}&last=1`)
      expect([answer.status, answer.body.recovered, dataOf(answer.body.messages)]).toEqual([200, false, [3]])
    }
    const { since: old } = (await ask(`poll?${names(topic)}`)).body
    for (let at = 0; at < 502; at++) await post('publish', { topic, data: at })
    const gone = (await ask(`poll?${names(topic)}&since=${old}&last=1`)).body
    expect([gone.recovered, dataOf(gone.messages)]).toEqual([false, [501]])
  })

  test('An answer has at most 100 messages or 256 KiB, and since covers exactly them', async () => {
    const [many, large] = [newRoom(), newRoom()]
    const begun = (await ask(`poll?${names(many, large)}`)).body
    await publishAll(many, ...Array.from({ length: 230 }, (_, at) => at))
    const text = '字'.repeat(15_000)
    await publishAll(large, ...Array.from({ length: 15 }, () => text))
    let { since } = begun
    const counts: number[] = []
    const got: unknown[] = []
    for (;;) {
      const answer = await ask(`poll?${names(many, large)}&since=${since}&waitMs=0`)
      const { messages } = answer.body
      if (messages.length === 0) break
      expect(messages.length).toBeLessThanOrEqual(100)
      expect(answer.text.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(messages))).toBeLessThanOrEqual(
        256 * 1024,
      )
      counts.push(messages.length)
      got.push(...dataOf(messages))
      since = answer.body.since
    }
    expect(got).toEqual([...Array.from({ length: 230 }, (_, at) => at), ...Array(15).fill(text)])
    expect(counts.slice(0, 2)).toEqual([100, 100])
  })

  test('A state topic gives its newest value, however many were skipped', async () => {
    const { since } = (await ask('poll?topic=load&last=1')).body
    const client = await Client.join()
    await client.call({ type: 'subscribe', id: 1, topic: 'load' })
    for (let at = 0; at < 2; at++) await client.next('state')
    const { messages, recovered } = (await ask(`poll?topic=load&since=${since}&waitMs=0`)).body
    expect(recovered).toBe(true)
    expect(messages).toHaveLength(1)
    expect(messages[0].type).toBe('state')
  })
})

describe('events', () => {
  test('A stream begins with an id at once, and goes on behind it', async () => {
    const [one, other] = [newRoom(), newRoom()]
    await publishAll(one, 'old')
    const events = await Events.open(`events?${names(one, other)}&last=10`)
    const first = await events.next()
    expect(first).toMatchObject({
      event: 'subscribed',
      data: { type: 'subscribed', topic: one },
      id: expect.any(String),
    })
    expect(first.data).not.toHaveProperty('recovered')
    const old = await events.next('publication')
    expect(old.data).toMatchObject({ type: 'publication', topic: one, data: 'old' })
    events.leave()
    await publishAll(one, 1, 2)
    await publishAll(other, 3)
    const back = await Events.open(`events?${names(one, other)}&last=10&since=x`, {
      'Last-Event-ID': old.id ?? '',
    })
    const got: unknown[] = []
    while (got.length < 3) {
      const { event, data, id } = await back.next()
      if (event === 'subscribed') expect(data.recovered).toBe(true)
      else got.push(data.data)
      expect(id).toEqual(expect.any(String))
    }
    expect(got.sort()).toEqual([1, 2, 3])
  })

  test('An id made for other topics is recovered: false for all, and last follow', async () => {
    const [one, other] = [newRoom(), newRoom()]
    await publishAll(one, 1, 2)
    const { id } = await (await Events.open(`events?${names(one)}`)).next()
    for (const since of [id ?? '', 'x', 'bnVsbA']) {
      const events = await Events.open(`events?${names(one, other)}&last=1`, { 'Last-Event-ID': since })
      expect((await events.next('subscribed')).data).toMatchObject({ topic: one, recovered: false })
      const rest = [await events.next(), await events.next()]
      expect(rest.find(({ event }) => event === 'subscribed')?.data).toMatchObject({
        topic: other,
        recovered: false,
      })
      expect(rest.find(({ event }) => event === 'publication')?.data.data).toBe(2)
    }
  })

  test('Members beyond 100 come as their number', async () => {
    const topic = newRoom()
    for (let at = 0; at < 101; at++) {
      await (await Client.join()).call({ type: 'subscribe', id: 1, topic, presence: at })
    }
    const events = await Events.open(`events?${names(topic)}`)
    expect((await events.next('subscribed')).data).not.toHaveProperty('members')
    expect((await events.next('members')).data).toEqual({ type: 'members', topic, count: 101 })
  })

  test('load comes as state', async () => {
    const events = await Events.open('events?topic=load')
    expect((await events.next('state')).data).toMatchObject({ type: 'state', topic: 'load' })
  })
})
