import type { createClient } from '@bothways/client'
import { createHub, type Hub, topicsRoute } from 'bothways'
import { expectTypeOf, test } from 'vitest'
import { contract as byArkType } from './with-arktype.ts'
import { contract as byValibot } from './with-valibot.ts'
import { contract as byZod } from './with-zod.ts'

type ClientOf<C extends typeof byZod | typeof byValibot | typeof byArkType> = ReturnType<
  typeof createClient<C>
>

interface Given {
  text: string
  at?: number | undefined
}
interface Made {
  text: string
  at: number
}

const history = { count: 10, ageMs: 60_000 }

test('A hub is typed by its contract, and wrong use does not compile', () => {
  const hub = createHub({ contract: byZod, topics: { 'room/:id': { history }, load: { state: true } } })
  void (async () => {
    const room = hub.topic('room/42')
    await room.publish({ text: 'hello' })
    await room.subscribe(({ data }) => expectTypeOf(data).toEqualTypeOf<Made>())
    for await (const { data } of room) expectTypeOf(data).toEqualTypeOf<Made>()
    expectTypeOf((await room.history())[0]?.data).toEqualTypeOf<Made | undefined>()
    const room7 = hub.topic(`room/${7 as number}`)
    expectTypeOf(room7.publish).parameter(0).toEqualTypeOf<Given>()
    // The declaration of the name itself counts, not that of the pattern beside it.
    expectTypeOf(hub.topic('room/lobby').publish).parameter(0).toEqualTypeOf<string>()
    // @ts-expect-error: other data
    await room.publish({ text: 1 })
    // @ts-expect-error: data of the pattern
    await hub.topic('room/lobby').publish({ text: 'hello' })
    // @ts-expect-error: there is no such topic
    hub.topic('rooms/42')

    const load = hub.topic('load')
    expectTypeOf(await load.get()).toEqualTypeOf<{ cpu: number } | undefined>()
    await load.set({ cpu: 1 })
    await load.update(value => ({ cpu: (value?.cpu ?? 0) + 1 }))
    // @ts-expect-error: another value
    await load.set({ cpu: 'much' })
    // @ts-expect-error: another value
    await load.update(() => ({ gpu: 1 }))
  })
  hub.handle('length', ({ text }) => text.length)
  hub.handle('now', () => Date.now())
  hub.handle('now', async () => Date.now())
  // @ts-expect-error: other output
  hub.handle('length', ({ text }) => text)
  // @ts-expect-error: other input
  hub.handle('length', ({ words }) => words)
  // @ts-expect-error: there is no such method
  hub.handle('width', () => 1)
  // @ts-expect-error: the contract says what its input is
  hub.handle('length', ({ text }) => text.length, byZod.topics.load.data)
  // @ts-expect-error: the contract has no such topic
  createHub({ contract: byZod, topics: { 'rooms/:id': { history } } })
  // @ts-expect-error: no schemas
  createHub({ contract: { topics: { load: { data: 'number' } } } })
  void (() => topicsRoute(hub))
})

test('The type of the user is inferred with a contract, or named with it', () => {
  interface Person {
    name: string
  }
  const hub = createHub({
    contract: byZod,
    userId: (user: Person) => user.name,
    topics: { load: { authorize: user => user.name === 'Li Si' } },
  })
  hub.handle('now', (_input, { user }) => user.name.length)
  const named = createHub<Person, typeof byZod>({ contract: byZod })
  named.handle('length', ({ text }, { user }) => text.length + user.name.length)
  // @ts-expect-error: with the user alone the contract would say nothing
  createHub<Person>({ contract: byZod })
})

test('Without a contract everything may be said, and nothing is known', () => {
  const hub = createHub({ topics: { room: { history } } })
  expectTypeOf(hub).toEqualTypeOf<Hub>()
  hub.handle('any', input => input, byZod.topics.load.data)
  void (async () => {
    await hub.topic('anything').publish({ any: 'thing' })
    expectTypeOf(await hub.topic('anything').get()).toEqualTypeOf<unknown>()
  })
})

test('All three libraries say the same types', () => {
  for (const hub of [
    () => createHub({ contract: byZod }),
    () => createHub({ contract: byValibot }),
    () => createHub({ contract: byArkType }),
  ]) {
    void (async () => {
      expectTypeOf(await hub().topic('room/42').get()).toEqualTypeOf<Made | undefined>()
      expectTypeOf(await hub().topic('load').get()).toEqualTypeOf<{ cpu: number } | undefined>()
      expectTypeOf(hub().handle).parameter(0).toEqualTypeOf<'length' | 'now'>()
    })
  }
})

test('A client takes the type of the very same contract, and knows the same of it', () => {
  const hub = createHub({ contract: byZod })
  void (async (client: ClientOf<typeof byZod>) => {
    const room = client.topic('room/42')
    await room.publish({ text: 'hello' })
    room.on('publication', ({ data }) => expectTypeOf(data).toEqualTypeOf<Made>())
    expectTypeOf(room.publish).parameter(0).toEqualTypeOf<Given>()
    expectTypeOf(client.topic('room/lobby').publish).parameter(0).toEqualTypeOf<string>()
    expectTypeOf(client.state('load').value).toEqualTypeOf<{ cpu: number } | undefined>()
    expectTypeOf(await client.request('length', { text: 'hello' })).toEqualTypeOf<number>()
    expectTypeOf(await client.request('now')).toEqualTypeOf<number>()
    // @ts-expect-error: other data
    await room.publish({ text: 1 })
    // @ts-expect-error: there is no such topic
    client.topic('rooms/42')
    // @ts-expect-error: there is no such method
    await client.request('width')
    // @ts-expect-error: the input is missing
    await client.request('length')
    expectTypeOf(client.topic).parameter(0).toEqualTypeOf<Parameters<typeof hub.topic>[0]>()
  })
  void ((valibot: ClientOf<typeof byValibot>, arkType: ClientOf<typeof byArkType>) => {
    expectTypeOf(valibot.topic('room/1').publish).parameter(0).toEqualTypeOf<Given>()
    arkType.topic('room/1').on('publication', ({ data }) => expectTypeOf(data).toEqualTypeOf<Made>())
  })
})

interface Said {
  readonly text: string
}

interface OfferedTopics {
  'room/:id': { data: Said }
  load: { data: { cpu: number } }
}

/** Interfaces, as a program writes them. */
interface Offer {
  topics: OfferedTopics
  methods: { length: { input: Said; output: number } }
}

test('A hub is typed by interfaces alone, as a client is', () => {
  void (async () => {
    const hub = createHub<Offer>({ topics: { 'room/:id': { history }, load: { state: true } } })
    await hub.topic('room/42').publish({ text: 'hello' })
    await hub.topic('room/42').subscribe(({ data }) => expectTypeOf(data).toEqualTypeOf<Said>())
    expectTypeOf(await hub.topic('load').get()).toEqualTypeOf<{ cpu: number } | undefined>()
    hub.handle('length', ({ text }) => text.length)
    // @ts-expect-error: other data
    await hub.topic('room/42').publish({ text: 1 })
    // @ts-expect-error: there is no such topic
    hub.topic('rooms/42')
    // @ts-expect-error: other output
    hub.handle('length', ({ text }) => text)
    // @ts-expect-error: there is no such topic
    createHub<Offer>({ topics: { rooms: {} } })
    // @ts-expect-error: types alone are no contract that could be checked
    createHub<Offer>({ contract: {} as Offer })
    void (() => topicsRoute(hub))
    await createHub<Offer>().topic('load').set({ cpu: 1 })
    // @ts-expect-error: another value
    await createHub<Offer>().topic('load').set({ gpu: 1 })
    const ofUsers = createHub<{ name: string }, Offer>({ userId: user => user.name })
    ofUsers.handle('length', ({ text }, { user }) => text.length + user.name.length)
  })
})

/** The topics as a program declares them that names its schemas' types. */
interface CheckedTopics {
  'room/:id': (typeof byZod)['topics']['room/:id']
  load: (typeof byZod)['topics']['load']
}

interface CheckedOffer {
  topics: CheckedTopics
  methods: (typeof byZod)['methods']
}

test('The type of a contract of schemas may be an interface', () => {
  void (async (contract: CheckedOffer) => {
    const hub = createHub<undefined, CheckedOffer>({ contract, topics: { 'room/:id': { history } } })
    await hub.topic('room/42').publish({ text: 'hello' })
    await hub.topic('room/42').subscribe(({ data }) => expectTypeOf(data).toEqualTypeOf<Made>())
    const inferred = createHub({ contract })
    expectTypeOf(inferred.topic('room/1').publish).parameter(0).toEqualTypeOf<Given>()
    // @ts-expect-error: other data
    await inferred.topic('load').set({ cpu: 'much' })
  })
})

test('What no publication of a program takes does not compile', () => {
  void (async () => {
    // @ts-expect-error: that is said by clients, and refused here
    await createHub().topic('room/1').publish('hello', { asState: true })
  })
})
