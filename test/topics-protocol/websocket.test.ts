import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Client, leaveAll, newRoom, startSubject, stopSubject, type Wire } from './subject.ts'

beforeAll(startSubject)
afterEach(leaveAll)
afterAll(stopSubject)

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const failure = (id: unknown, code: string, retryable = false) =>
  expect.objectContaining({ type: 'error', id, code, retryable, message: expect.any(String) })

describe('the connection', () => {
  test('A client is welcomed by itself, and again after hello', async () => {
    const client = new Client()
    const welcome = await client.next()
    expect(welcome).toMatchObject({ type: 'welcome', client: expect.any(String), pingMs: expect.any(Number) })
    expect(welcome.keyWindowMs).toBeGreaterThanOrEqual(300_000)
    expect(welcome.maxMessageBytes).toBeGreaterThan(0)
    client.send({ type: 'hello' })
    expect(await client.next()).toMatchObject({ type: 'welcome', client: welcome.client })
    client.send({ type: 'ping', more: 1 })
    expect(await client.next()).toEqual({ type: 'pong' })
  })

  test.each([
    ['text that is no JSON', 'hello'],
    ['empty text', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['no type', '{}'],
    ['a type that is no string', '{"type":1}'],
    ['a type behind __proto__', '{"__proto__":{"type":"ping"}}'],
    ['a binary frame', Buffer.from('{"type":"ping"}')],
  ])('%s ends the connection with 4400', async (_, message) => {
    const client = await Client.join()
    client.socket.send(message)
    expect(await client.next('error')).toMatchObject({ code: 'bad_request' })
    expect(await client.closed).toBe(4400)
  })

  test('A message above maxMessageBytes ends the connection with 4413', async () => {
    const client = new Client()
    const { maxMessageBytes } = await client.next()
    client.send(`{"type":"ping","x":"${'x'.repeat(maxMessageBytes)}"}`)
    expect(await client.closed).toBe(4413)
  })

  test('An unknown type gets an error, and the connection goes on', async () => {
    const client = await Client.join()
    for (const type of ['dance', 'constructor', '__proto__', 'welcome', '']) {
      expect(await client.call({ type, id: 1 })).toEqual(failure(1, 'unknown_type'))
    }
    client.send({ type: 'ping' })
    expect(await client.next()).toEqual({ type: 'pong' })
  })

  test.each([0, '', -1, 1.5, 'x'.repeat(1000), '0', '\u0000'])('The id %j comes back as it is', async id => {
    const client = await Client.join()
    expect(await client.call({ type: 'request', id, method: 'echo', data: 1 })).toEqual({
      type: 'response',
      id,
      data: 1,
    })
  })

  test('A call without an id that is a number or a string gets bad_request', async () => {
    const client = await Client.join()
    for (const id of [undefined, null, true, {}, []]) {
      client.send({ type: 'request', id, method: 'echo' })
      expect(await client.next()).toMatchObject({ type: 'error', code: 'bad_request' })
    }
  })
})

describe('requests', () => {
  test.each([null, false, 0, '', {}, [], 'text', { constructor: 1, toString: null }].map(data => [data]))(
    'echo answers %j',
    async data => {
      const client = await Client.join()
      expect((await client.call({ type: 'request', id: 1, method: 'echo', data })).data).toEqual(data)
    },
  )

  test('A method that nobody has declared is unknown_method, one that is no string bad_request', async () => {
    const client = await Client.join()
    for (const method of ['nobody', 'constructor', '__proto__', '']) {
      expect(await client.call({ type: 'request', id: 1, method })).toEqual(failure(1, 'unknown_method'))
    }
    for (const method of [undefined, null, 1, ['echo']]) {
      expect(await client.call({ type: 'request', id: 1, method })).toEqual(failure(1, 'bad_request'))
    }
  })

  test.each([65, 1000, 50_000])(
    'Data nested %i deep are invalid_data, and the server goes on',
    async depth => {
      const client = await Client.join()
      client.send(`{"type":"request","id":1,"method":"echo","data":${nested(depth)}}`)
      expect(await client.next()).toEqual(failure(1, 'invalid_data'))
      expect(await client.call({ type: 'request', id: 2, method: 'echo', data: 1 })).toMatchObject({
        data: 1,
      })
    },
  )
})

describe('publishing', () => {
  const values = [
    'null',
    'false',
    '0',
    '""',
    '[]',
    '{}',
    '"\u2028"',
    '9007199254740991',
    '1.5',
    '{"__proto__":{"a":1}}',
    nested(64),
  ]
  test.each(values)('%s arrives as it was sent', async data => {
    const client = await Client.join()
    const topic = newRoom()
    await client.call({ type: 'subscribe', id: 1, topic })
    client.send(`{"type":"publish","id":2,"topic":"${topic}","data":${data}}`)
    const { data: got, at, position } = await client.next('publication')
    expect(JSON.stringify(got)).toBe(data)
    expect(at).toBeTypeOf('number')
    expect(await client.next('published')).toEqual({ type: 'published', id: 2, position })
  })

  test.each([
    ['no data', '"x":1'],
    ['65 deep', `"data":${nested(65)}`],
    ['50,000 deep', `"data":${nested(50_000)}`],
    ['an integer beyond 2^53-1', '"data":9007199254740992'],
    ['one below -(2^53-1)', '"data":{"a":[-9007199254740993]}'],
    ['more than a double', '"data":1e400'],
    ['half a surrogate pair', '"data":"\\ud800"'],
    ['half a surrogate pair as a name', '"data":{"\\udc00":1}'],
  ])('%s is invalid_data', async (_, data) => {
    const client = await Client.join()
    client.send(`{"type":"publish","id":"p","topic":"${newRoom()}",${data}}`)
    expect(await client.next()).toEqual(failure('p', 'invalid_data'))
  })

  test('A topic is 1 to 255 bytes without control characters, and declared', async () => {
    const client = await Client.join()
    const prefix = newRoom()
    const topics: readonly [unknown, string | undefined][] = [
      [undefined, 'bad_request'],
      [null, 'bad_request'],
      [7, 'bad_request'],
      [[newRoom()], 'bad_request'],
      ['', 'bad_request'],
      ['room/\n', 'bad_request'],
      ['room/\u007f', 'bad_request'],
      ['room/\u0085', 'bad_request'],
      [prefix.padEnd(256, 'x'), 'bad_request'],
      [`room/${'字'.repeat(84)}`, 'bad_request'],
      ['room', 'unknown_topic'],
      ['__proto__', 'unknown_topic'],
      ['Room/1', 'unknown_topic'],
      ['*', 'unknown_topic'],
      [prefix.padEnd(255, 'x'), undefined],
      [`${prefix}/a/b`, undefined],
      [`${prefix}/%2F 字`, undefined],
    ]
    for (const [topic, code] of topics) {
      for (const type of ['publish', 'subscribe']) {
        const answer = await client.call({ type, id: 1, topic, data: 1 })
        expect([type, topic, answer.code]).toEqual([type, topic, code])
      }
    }
  })

  test('Names compare by bytes', async () => {
    const client = await Client.join()
    const topic = newRoom()
    await client.call({ type: 'publish', id: 1, topic: `${topic}é`, data: 1 })
    await client.call({ type: 'subscribe', id: 2, topic: `${topic}e\u0301`, last: 5 })
    client.send({ type: 'ping' })
    expect(await client.next()).toEqual({ type: 'pong' })
  })

  test('A key is one publication; with other data it is key_reused; in another topic it is another', async () => {
    const one = await Client.join()
    const other = await Client.join()
    const topic = newRoom()
    const key = 'k'.repeat(22)
    const first = await one.call({ type: 'publish', id: 1, topic, data: { a: 1 }, key })
    expect((await other.call({ type: 'publish', id: 1, topic, data: { a: 1 }, key })).position).toBe(
      first.position,
    )
    expect(await other.call({ type: 'publish', id: 2, topic, data: 2, key })).toEqual(
      failure(2, 'key_reused'),
    )
    expect(await other.call({ type: 'publish', id: 3, topic: newRoom(), data: 2, key })).toMatchObject({
      type: 'published',
    })
    for (const bad of ['k'.repeat(21), 'k'.repeat(129), '', 7, {}]) {
      expect(await one.call({ type: 'publish', id: 4, topic, data: 1, key: bad })).toEqual(
        failure(4, 'bad_request'),
      )
    }
  })

  test('ifPosition publishes at the head only', async () => {
    const client = await Client.join()
    const topic = newRoom()
    const { position } = await client.call({ type: 'subscribe', id: 0, topic })
    const first = await client.call({ type: 'publish', id: 1, topic, data: 1, ifPosition: position })
    expect(first.type).toBe('published')
    for (const ifPosition of [position, '', 'x.y.z']) {
      expect(await client.call({ type: 'publish', id: 2, topic, data: 2, ifPosition })).toEqual(
        failure(2, 'conflict'),
      )
    }
    expect(
      await client.call({ type: 'publish', id: 3, topic, data: 2, ifPosition: first.position }),
    ).toMatchObject({ type: 'published' })
  })

  test('A publication without an id is published, and not answered', async () => {
    const client = await Client.join()
    const topic = newRoom()
    await client.call({ type: 'subscribe', id: 1, topic })
    client.send({ type: 'publish', topic, data: 'quiet' })
    client.send({ type: 'ping' })
    const answers = [await client.next(), await client.next()]
    expect(answers.map(({ type }) => type).sort()).toEqual(['pong', 'publication'])
  })
})

describe('subscribing', () => {
  const publishAll = async (client: Client, topic: string, count: number): Promise<string[]> => {
    const positions: string[] = []
    for (let at = 0; at < count; at++) {
      positions.push((await client.call({ type: 'publish', id: at, topic, data: at })).position)
    }
    return positions
  }
  const dataOf = async (client: Client, count: number): Promise<unknown[]> => {
    const data: unknown[] = []
    while (data.length < count) data.push((await client.next('publication')).data)
    return data
  }

  test('since at the beginning, in the middle and at the head is recovered, and exact', async () => {
    const client = await Client.join()
    const topic = newRoom()
    const { position: beginning } = await client.call({ type: 'subscribe', id: 0, topic })
    const positions = await publishAll(client, topic, 250)
    for (const [since, from] of [
      [beginning, 0],
      [positions[99], 100],
      [positions[248], 249],
      [positions[249], 250],
    ] as const) {
      const reader = await Client.join()
      expect(await reader.call({ type: 'subscribe', id: 1, topic, since, last: 3 })).toMatchObject({
        position: since,
        recovered: true,
      })
      await client.call({ type: 'publish', id: 'end', topic, data: 'end' })
      const got: unknown[] = []
      while (got.at(-1) !== 'end') got.push(...(await dataOf(reader, 1)))
      expect(got.filter(data => data !== 'end')).toEqual(
        Array.from({ length: 250 - from }, (_, at) => from + at),
      )
    }
  })

  test('A position that is forged, foreign or not written as it was given is recovered: false, and last follow', async () => {
    const client = await Client.join()
    const topic = newRoom()
    const [first, , third] = (await publishAll(client, topic, 3)) as [string, string, string]
    const [foreign] = (await publishAll(client, newRoom(), 3)) as [string]
    const [epoch, , check] = third.split('.')
    for (const since of [
      '',
      'x',
      foreign,
      `${first.slice(0, -1)}!`,
      `${first}x`,
      `${epoch}.03.${check}`,
      `${epoch}.zzzzzzzzzzz.${check}`,
      `${epoch}.3.`,
    ]) {
      const reader = await Client.join()
      const answer = await reader.call({ type: 'subscribe', id: 1, topic, since, last: 1 })
      expect([since, answer.recovered]).toEqual([since, false])
      expect(await dataOf(reader, 1)).toEqual([2])
    }
  })

  test('recovered is there exactly when since was sent; last begins before the first that follows', async () => {
    const client = await Client.join()
    const topic = newRoom()
    const positions = await publishAll(client, topic, 3)
    const answer = await client.call({ type: 'subscribe', id: 1, topic, last: 2 })
    expect(answer).not.toHaveProperty('recovered')
    expect(answer.position).toBe(positions[0])
    expect(await dataOf(client, 2)).toEqual([1, 2])
    for (const last of [-1, 1.5, '1', true, {}]) {
      expect(await client.call({ type: 'subscribe', id: 2, topic: newRoom(), last })).toEqual(
        failure(2, 'bad_request'),
      )
    }
    for (const since of [1, {}, false]) {
      expect(await client.call({ type: 'subscribe', id: 2, topic: newRoom(), since })).toEqual(
        failure(2, 'bad_request'),
      )
    }
  })

  test('History keeps 500: what is older is recovered: false', async () => {
    const client = await Client.join()
    const topic = newRoom()
    const positions = await publishAll(client, topic, 502)
    for (const [at, recovered] of [
      [0, false],
      [1, true],
    ] as const) {
      const reader = await Client.join()
      expect(await reader.call({ type: 'subscribe', id: 1, topic, since: positions[at] })).toMatchObject({
        recovered,
      })
    }
  })

  test('A topic is subscribed to once, and again after unsubscribe', async () => {
    const client = await Client.join()
    const topic = newRoom()
    client.send({ type: 'subscribe', id: 1, topic })
    client.send({ type: 'subscribe', id: 2, topic })
    client.send({ type: 'unsubscribe', id: 3, topic })
    client.send({ type: 'subscribe', id: 4, topic })
    expect(await client.next()).toMatchObject({ type: 'subscribed', id: 1 })
    expect(await client.next()).toEqual(failure(2, 'already_subscribed'))
    expect(await client.next()).toEqual({ type: 'unsubscribed', id: 3, topic })
    expect(await client.next()).toMatchObject({ type: 'subscribed', id: 4 })
  })

  test('Nothing of a topic comes behind unsubscribed, also while publications flow', async () => {
    const [publisher, reader] = [await Client.join(), await Client.join()]
    const topic = newRoom()
    for (let round = 0; round < 20; round++) {
      await reader.call({ type: 'subscribe', id: 's', topic, last: 50 })
      for (let at = 0; at < 50; at++) publisher.send({ type: 'publish', topic, data: at })
      await reader.next('publication')
      await reader.call({ type: 'unsubscribe', id: 'u', topic })
      const count = reader.got.length
      await publisher.call({ type: 'publish', id: 1, topic, data: 'behind' })
      reader.send({ type: 'ping' })
      await reader.next('pong')
      expect(reader.got.slice(count).map(({ type }: Wire) => type)).toEqual(['pong'])
    }
  })

  test('load gives its value, then newer ones; no history means no since', async () => {
    const client = await Client.join()
    const subscribed = await client.call({ type: 'subscribe', id: 1, topic: 'load' })
    expect(subscribed.type).toBe('subscribed')
    const first = await client.next('state')
    const second = await client.next('state')
    expect(first.topic).toBe('load')
    expect(second.position).not.toBe(first.position)
    const other = await Client.join()
    expect(await other.call({ type: 'subscribe', id: 1, topic: 'load', since: first.position })).toEqual(
      failure(1, 'no_history'),
    )
  })
})

describe('presence', () => {
  test('Members come with the subscription; who comes and goes is told, without telling a client of itself', async () => {
    const topic = newRoom()
    const watcher = await Client.join()
    expect((await watcher.call({ type: 'subscribe', id: 1, topic })).members).toEqual([])
    const member = new Client()
    const { client } = await member.next()
    const data = { name: '李四', __proto__: null }
    expect((await member.call({ type: 'subscribe', id: 1, topic, presence: data })).members).toEqual([
      { client, data: { name: '李四' } },
    ])
    expect(await watcher.next()).toEqual({
      type: 'joined',
      topic,
      member: { client, data: { name: '李四' } },
    })
    member.socket.terminate()
    expect(await watcher.next()).toEqual({ type: 'left', topic, client })
  })

  test.each([65, 50_000])(
    'Presence nested %i deep is invalid_data, and nobody is a member by it',
    async depth => {
      const topic = newRoom()
      const watcher = await Client.join()
      await watcher.call({ type: 'subscribe', id: 1, topic })
      const client = await Client.join()
      client.send(`{"type":"subscribe","id":1,"topic":"${topic}","presence":${nested(depth)}}`)
      expect(await client.next()).toEqual(failure(1, 'invalid_data'))
      const other = await Client.join()
      expect((await other.call({ type: 'subscribe', id: 1, topic })).members).toEqual([])
    },
  )

  test('A client that leaves while its subscriptions are under way is no member', async () => {
    const topic = newRoom()
    for (let round = 0; round < 20; round++) {
      const client = await Client.join()
      client.send({ type: 'subscribe', id: 1, topic, presence: round })
      client.socket.terminate()
    }
    const watcher = await Client.join()
    const { members } = await watcher.call({ type: 'subscribe', id: 1, topic })
    const present = new Set(members.map(({ client }: Wire) => client))
    while (present.size > 0) present.delete((await watcher.next('left')).client)
  })

  test('Beyond 100 members their number comes; at 100 again the whole list, then who comes and goes', async () => {
    const topic = newRoom()
    const watcher = await Client.join()
    await watcher.call({ type: 'subscribe', id: 1, topic })
    const members: Client[] = []
    for (let at = 0; at < 102; at++) {
      const member = await Client.join()
      await member.call({ type: 'subscribe', id: 1, topic, presence: at })
      members.push(member)
    }
    expect(await watcher.next('members')).toEqual({ type: 'members', topic, count: 102 })
    const late = await Client.join()
    expect(await late.call({ type: 'subscribe', id: 1, topic })).not.toHaveProperty('members')
    expect(await late.next()).toEqual({ type: 'members', topic, count: 102 })
    members[0]?.socket.terminate()
    members[1]?.socket.terminate()
    for (;;) {
      const { members: list } = await late.next('members')
      if (list === undefined) continue
      expect(list).toHaveLength(100)
      break
    }
    members[2]?.socket.terminate()
    expect(await late.next('left')).toMatchObject({ topic })
  })
})

describe('a slow reader', () => {
  test('What fits in history comes in order without a gap; where history has moved past it, exactly one hole is told', async () => {
    const [publisher, slow] = [await Client.join(), await Client.join()]
    const topic = newRoom()
    await slow.call({ type: 'subscribe', id: 1, topic })
    slow.socket.pause()
    const text = 'x'.repeat(50_000)
    const count = 700
    let last: Wire
    for (let at = 0; at < count; at += 50) {
      const calls = Array.from({ length: 50 }, (_, more) => at + more)
      for (const id of calls) publisher.send({ type: 'publish', id, topic, data: [id, text] })
      for (const _ of calls) last = await publisher.next('published')
    }
    slow.socket.resume()
    const numbers: number[] = []
    const gaps: Wire[] = []
    for (;;) {
      const message = await slow.next()
      if (message.type === 'gap') gaps.push({ ...message, behind: numbers.at(-1) ?? -1 })
      else numbers.push(message.data[0])
      if (message.position === last.position) break
    }
    expect(numbers.at(-1)).toBe(count - 1)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    const holes = numbers.filter((number, at) => number !== (numbers[at - 1] ?? -1) + 1).length
    expect(gaps).toHaveLength(holes)
    for (const { topic: of, position } of gaps) expect([of, typeof position]).toEqual([topic, 'string'])
  })

  test('Publications of one connection keep their order, however many are on their way', async () => {
    const client = await Client.join()
    const topic = newRoom()
    await client.call({ type: 'subscribe', id: 's', topic })
    for (let id = 0; id < 400; id++) client.send({ type: 'publish', id, topic, data: id })
    const got: number[] = []
    const answered: number[] = []
    while (got.length < 400 || answered.length < 400) {
      const message = await client.next()
      if (message.type === 'publication') got.push(message.data)
      else answered.push(message.id)
    }
    const all = Array.from({ length: 400 }, (_, at) => at)
    expect([got, answered]).toEqual([all, all])
  })
})
