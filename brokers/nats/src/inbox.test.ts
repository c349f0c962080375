import { expect, onTestFinished, test } from 'vitest'
import { Inbox } from './inbox.ts'

type Callback = (error: Error | null, message: object) => void

/** An inbox over a connection that answers nothing by itself. */
function inboxOf({ timeoutMs = 60_000, options }: { timeoutMs?: number; options?: object } = {}) {
  const replies: string[] = []
  const heard: string[] = []
  let hear: Callback = () => {}
  const connection = {
    options,
    publish: (_subject: string, _payload: string, { reply }: { reply: string }) => void replies.push(reply),
    subscribe(subject: string, { callback }: { callback: Callback }) {
      heard.push(subject)
      hear = callback
      return { unsubscribe() {} }
    },
  }
  const inbox = new Inbox(connection as never, timeoutMs)
  onTestFinished(() => inbox.close())
  const answer = (at: number, rest: object = {}): void => hear(null, { subject: replies[at], ...rest })
  const fail = (error: Error): void => hear(error, {})
  return { request: () => inbox.request('subject', '{}', undefined), inbox, heard, replies, answer, fail }
}

test('Answers come to their requests in any order, over one subscription', async () => {
  const { request, answer, heard, replies } = inboxOf()
  const [first, second] = [request(), request()]
  answer(1)
  answer(0)
  // Nobody waits for it any more.
  answer(0)
  expect([(await first).subject, (await second).subject]).toEqual(replies)
  expect(heard).toHaveLength(1)
  expect(replies.every(reply => reply.startsWith((heard[0] as string).slice(0, -1)))).toBe(true)
})

test('It lies where the connection may listen', async () => {
  const { request, answer, heard } = inboxOf({ options: { inboxPrefix: '_own' } })
  const asked = request()
  answer(0)
  await asked
  expect(heard[0]).toMatch(/^_own\.[\w-]{20}\.\*$/)
})

test('A request fails when nobody hears it, when its time is over, when it may not be answered, and when the inbox is closed', async () => {
  const slow = inboxOf({ timeoutMs: 20 })
  await expect(slow.request()).rejects.toThrow('no answer within 20 ms')
  await expect(slow.request()).rejects.toThrow('no answer within 20 ms')
  const { request, answer, fail, inbox, heard } = inboxOf()
  const unheard = request()
  answer(0, { headers: { code: 503 } })
  await expect(unheard).rejects.toThrow('no responders')
  const forbidden = request()
  fail(new Error('permissions violation'))
  await expect(forbidden).rejects.toThrow('permissions violation')
  const last = request()
  expect(heard).toHaveLength(2)
  inbox.close()
  await expect(last).rejects.toThrow('the broker was closed')
})
