import { FaultyBroker } from '@bothways/test-support/faulty-broker'
import { checkLawLater } from '@bothways/test-support/law'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Publication } from '../connection/sending/publication.ts'
import { MemoryBroker } from '../hub/broker/memory-broker.ts'
import { createHub } from '../hub/create-hub.ts'
import type { ServerSocket } from '../server/server-socket.ts'
import { TopicsSession } from './topics-session.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

// biome-ignore lint/suspicious/noExplicitAny: answers of the wire, as they come
type Wire = any

/** A session and its client, without a network between them. */
function stage(delays: number[], isAway: () => boolean) {
  const broker = new FaultyBroker(new MemoryBroker())
  const hub = createHub({
    topics: {
      'room/*': {
        history: { count: 1000, ageMs: 600_000 },
        // Checks take different times, and some time in the broker there is none.
        authorize: async () => {
          for (let at = delays.shift() ?? 0; at > 0; at--) await turn()
          if (isAway()) broker.goAway()
          else broker.comeBack()
          return true
        },
      },
    },
    broker,
  })
  const answers: Wire[] = []
  const socket = {
    id: 'c1',
    user: undefined,
    sendShared(message: Publication) {
      answers.push(JSON.parse(message.data as string))
      return 'sent'
    },
    close: () => undefined,
  } as unknown as ServerSocket<undefined>
  const session = new TopicsSession(hub, socket, {
    authenticateToken: undefined,
    helloTimeoutMs: 1000,
    maxMessageBytes: 100_000,
    maxPendingCalls: 1000,
  })
  session.open()
  return {
    hub,
    session,
    answers,
    broker,
    send: (message: object) => session.receive(JSON.stringify(message)),
  }
}

test('Publications of one connection keep their order across checks and failures; behind a retryable one all wait for restart', async () => {
  const schedule = fc.record({
    delays: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 }),
    outages: fc.array(fc.boolean(), { maxLength: 40 }),
    topics: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 30 }),
  })
  await checkLawLater(
    fc.asyncProperty(schedule, async ({ delays, outages, topics }) => {
      const { hub, session, answers, broker, send } = stage([...delays], () => outages.shift() ?? false)
      for (const [id, topic] of topics.entries())
        void send({ type: 'publish', id, topic: `room/${topic}`, data: id })
      const answerOf = (id: number) => answers.find(answer => answer.id === id)
      for (let at = 0; at < 1000 && topics.some((_, id) => answerOf(id) === undefined); at++) await turn()
      broker.comeBack()
      for (const topic of new Set(topics)) {
        const ids = [...topics.keys()].filter(id => topics[id] === topic)
        const outcomes = ids.map(id => answerOf(id)?.code ?? answerOf(id)?.type)
        const failed = outcomes.findIndex(outcome => outcome !== 'published')
        const expected = ids.map((_, at) =>
          failed < 0 || at < failed ? 'published' : at === failed ? 'unavailable' : 'out_of_order',
        )
        expect(outcomes).toEqual(expected)
        // The client sends all that failed again, the first with restart.
        const again = ids.filter((_, at) => failed >= 0 && at >= failed)
        outages.length = 0
        for (const [at, id] of again.entries()) {
          void send({
            type: 'publish',
            id: `again ${id}`,
            topic: `room/${topic}`,
            data: id,
            ...(at === 0 && { restart: true }),
          })
        }
        for (let at = 0; at < 1000 && again.some(id => answerOf(`again ${id}` as never) === undefined); at++)
          await turn()
        const kept = await hub.topic(`room/${topic}`).history({ last: 100 })
        expect(kept.map(({ data }) => data)).toEqual(ids)
      }
      session.end()
      await hub.close({ spreadMs: 0 })
    }),
  )
})
