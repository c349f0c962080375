import { expectTypeOf, test } from 'vitest'
import { createClient } from './index.ts'

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
