import { createClient } from '@bothways/client'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { BothwaysProvider, createHooks } from './index.ts'

const contract = {
  topics: {
    'room/:id': { data: z.object({ text: z.string(), at: z.coerce.number() }) },
    load: { data: z.object({ cpu: z.number() }) },
  },
  methods: {
    length: { input: z.object({ text: z.string() }), output: z.number() },
    now: { output: z.string() },
  },
}

const { useClient, useTopic, useMembers, usePublish, useStateTopic, useRequest } =
  createHooks<typeof contract>()

const free = createHooks()

test('Hooks are typed by the contract, and wrong use does not compile', () => {
  function Page() {
    expectTypeOf(useTopic('room/42', { last: 50 }).publications[0]?.data).toEqualTypeOf<
      { text: string; at: number } | undefined
    >()
    // @ts-expect-error no such topic
    useTopic('rooms/42')
    // @ts-expect-error no such option
    useTopic('room/42', { newest: 50 })
    // @ts-expect-error no such topic
    useMembers('rooms/42')
    useMembers('room/42')

    const publish = usePublish('room/42')
    void publish({ text: '你好', at: 1 })
    // @ts-expect-error data of another shape
    void publish({ txt: '你好' })
    // @ts-expect-error nothing at all
    void publish()

    const [load, setLoad] = useStateTopic('load')
    expectTypeOf(load).toEqualTypeOf<{ cpu: number } | undefined>()
    void setLoad({ cpu: 1 })
    // @ts-expect-error data of another topic
    void setLoad({ text: '' })

    const length = useRequest('length')
    expectTypeOf(length).returns.resolves.toEqualTypeOf<number>()
    // @ts-expect-error input of another shape
    void length('text')
    // @ts-expect-error no such method
    useRequest('size')
    void useRequest('now')()

    expectTypeOf(useClient()?.state('load').value).toEqualTypeOf<{ cpu: number } | undefined>()
  }
  void Page
})

test('A client of a contract goes into a provider', () => {
  void (() => BothwaysProvider({ client: createClient<typeof contract>('ws://127.0.0.1/') }))
})

test('Without a contract everything is as it was', () => {
  function Page() {
    expectTypeOf(free.useTopic('anything').publications[0]?.data).toEqualTypeOf<unknown>()
  }
  void Page
})
