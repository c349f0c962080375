import { expectTypeOf, test } from 'vitest'
import { type Client, createClient } from './index.ts'

interface Schema<T> {
  readonly '~standard': { readonly types?: { readonly input: T; readonly output: T } | undefined }
}

interface Offer {
  topics: {
    'room/:id': { data: { text: string } }
    'user/:id/inbox': { data: number }
    'log/*': { data: Schema<{ line: string }> }
    load: { data: { cpu: number } }
  }
  methods: { echo: { input: number; output: string }; now: { input: undefined; output: number } }
}

test('A client is typed by its contract, and wrong use does not compile', () => {
  const client = () => createClient<Offer>('ws://server/')
  void (async () => {
    client()
      .topic('room/42')
      .on('publication', ({ data }) => expectTypeOf(data).toEqualTypeOf<{ text: string }>())
    client()
      .topic('user/7/inbox')
      .on('publication', ({ data }) => expectTypeOf(data).toEqualTypeOf<number>())
    client()
      .topic('log/a/b')
      .on('publication', ({ data }) => expectTypeOf(data).toEqualTypeOf<{ line: string }>())
    client()
      .state('load')
      .subscribe(value => expectTypeOf(value).toEqualTypeOf<{ cpu: number }>())
    expectTypeOf(await client().request('echo', 1)).toEqualTypeOf<string>()
    expectTypeOf(await client().request('now')).toEqualTypeOf<number>()
    // @ts-expect-error: there is no such topic
    client().topic('nobody')
    // @ts-expect-error: other data
    await client().topic('room/1').publish({ text: 1 })
    // @ts-expect-error: there is no such method
    await client().request('nobody')
    // @ts-expect-error: the input is missing
    await client().request('echo')
    // @ts-expect-error: other input
    await client().request('echo', 'x')
    // Without a contract everything may be said, and nothing is known.
    const free = createClient('ws://server/')
    await free.topic('anything').publish({ any: 'thing' })
    expectTypeOf(await free.request('any')).toEqualTypeOf<unknown>()
  })
})

interface Said {
  readonly text: string
}

interface Topics {
  'room/:id': { data: Said }
  load: { data: { cpu: number } }
}

interface Methods {
  echo: { input: Said; output: Said }
}

interface Declared {
  topics: Topics
  methods: Methods
}

interface Untyped {
  room: string
}

test('A contract may be made of interfaces, and is checked all the same', () => {
  void (async () => {
    const client = createClient<Declared>('ws://server/')
    client.topic('room/42').on('publication', ({ data }) => expectTypeOf(data).toEqualTypeOf<Said>())
    client.state('load').subscribe(value => expectTypeOf(value).toEqualTypeOf<{ cpu: number }>())
    expectTypeOf(await client.request('echo', { text: 'x' })).toEqualTypeOf<Said>()
    createClient<{ topics: Topics }>('ws://server/').topic('room/1')
    // @ts-expect-error: other data
    await client.topic('room/1').publish({ txt: 'x' })
    // @ts-expect-error: there is no such topic
    client.topic('rooms/1')
    // @ts-expect-error: there is no such method
    await client.request('ech', { text: 'x' })
    // @ts-expect-error: a topic that does not say its data takes none
    await createClient<{ topics: Untyped }>('ws://server/').topic('room').publish('x')
    // @ts-expect-error: topics is an object
    createClient<{ topics: string }>('ws://server/')
    // A client of any contract is a `Client`.
    const any: Client = client
    expectTypeOf(any.status).toBeString()
  })
})
