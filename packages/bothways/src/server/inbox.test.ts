import { describe, expect, test } from 'vitest'
import { type Flow, Inbox, type InboxEvents } from './inbox.ts'

class FlowRecorder {
  isPaused = false
  timeLeft = Number.POSITIVE_INFINITY
  unreadBytes = 0
  countUnread(bytes: number): void {
    this.unreadBytes = bytes
  }
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
  hasTime(): boolean {
    return this.timeLeft-- > 0
  }
}

class TestInbox extends Inbox<string> {
  protected readonly flow: Flow

  constructor(flow: Flow) {
    super()
    this.flow = flow
  }
}

function setUp() {
  const flow = new FlowRecorder()
  const seen: string[] = []
  const errors: unknown[] = []
  const events: InboxEvents<string> = {
    takesMessages: true,
    deliver: message => void seen.push(message),
    onError: error => void errors.push(error),
    onFinished: () => void seen.push('finished'),
    onSettled: () => {},
  }
  return { flow, inbox: new TestInbox(flow), seen, errors, events }
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

describe('Inbox', () => {
  test('It keeps what comes before there is a consumer, and stops the flow at 64 KiB', () => {
    const { flow, inbox, seen, events } = setUp()
    inbox.push('first', 64 * 1024 - 64)
    expect(flow.isPaused).toBe(false)
    inbox.push('second', 0)
    expect(flow.isPaused).toBe(true)
    inbox.handle(events)
    expect(seen).toEqual(['first', 'second'])
    expect(flow.isPaused).toBe(false)
  })

  test('A flood of empty messages is bounded too', () => {
    const { flow, inbox } = setUp()
    for (let count = 0; count <= 1024; count++) inbox.push('', 0)
    expect(flow.isPaused).toBe(true)
  })

  test('An asynchronous handler is never called while it is busy', async () => {
    const { inbox, seen, events } = setUp()
    let running = 0
    inbox.handle({
      ...events,
      deliver: async message => {
        expect(++running).toBe(1)
        await turn()
        running--
        seen.push(message)
      },
    })
    for (const message of ['a', 'b', 'c']) inbox.push(message, 1)
    inbox.end()
    await expect.poll(() => seen).toEqual(['a', 'b', 'c', 'finished'])
  })

  test('A handler that fails is reported, and the next message still comes', async () => {
    const { inbox, seen, errors, events } = setUp()
    inbox.handle({
      ...events,
      deliver: message => {
        seen.push(message)
        if (message === 'sync') throw new Error(message)
        return message === 'async' ? Promise.reject(new Error(message)) : undefined
      },
    })
    for (const message of ['sync', 'async', 'fine']) inbox.push(message, 1)
    await turn()
    expect(seen).toEqual(['sync', 'async', 'fine'])
    expect(errors.map(error => (error as Error).message)).toEqual(['sync', 'async'])
  })

  test('Messages wait for what runs first', async () => {
    const { inbox, seen, events } = setUp()
    inbox.push('early', 1)
    inbox.handle(events, async () => {
      await turn()
      seen.push('open')
    })
    expect(seen).toEqual([])
    await expect.poll(() => seen).toEqual(['open', 'early'])
  })

  test('An iteration inside what runs first takes the messages', async () => {
    const { inbox, seen, events } = setUp()
    inbox.handle({ ...events, takesMessages: false }, async () => {
      for await (const message of inbox) seen.push(message)
    })
    inbox.push('a', 1)
    await turn()
    inbox.push('b', 1)
    inbox.end()
    await expect.poll(() => seen.toSorted()).toEqual(['a', 'b', 'finished'])
  })

  test('next() that waits ends when the iteration is left or the connection is over', async () => {
    const { inbox } = setUp()
    const left = inbox[Symbol.asyncIterator]()
    const waiting = left.next()
    await left.return?.()
    expect(await waiting).toEqual({ value: undefined, done: true })
    const ended = inbox[Symbol.asyncIterator]().next()
    inbox.end()
    expect(await ended).toEqual({ value: undefined, done: true })
  })

  test('Calls of next() that wait together get one message each', async () => {
    const { inbox } = setUp()
    const iterator = inbox[Symbol.asyncIterator]()
    const both = Promise.all([iterator.next(), iterator.next()])
    inbox.push('a', 1)
    inbox.push('b', 1)
    expect((await both).map(it => it.value)).toEqual(['a', 'b'])
  })

  test('Handlers that come late run their own first handler to its end before any message', async () => {
    const { inbox, seen, events } = setUp()
    inbox.handle({ ...events, takesMessages: false }, turn)
    inbox.push('message', 1)
    inbox.handle(events, async () => {
      for (let count = 0; count < 3; count++) await turn()
      seen.push('open')
    })
    await expect.poll(() => seen).toEqual(['open', 'message'])
  })

  test('What waits is handled as far as the time goes, and the rest when there is time again', () => {
    const { flow, inbox, seen, events } = setUp()
    for (const message of ['a', 'b', 'c', 'd', 'e']) inbox.push(message, 1)
    flow.timeLeft = 2
    inbox.handle(events)
    expect(seen).toEqual(['a', 'b'])
    inbox.push('f', 1)
    inbox.end()
    expect(seen).toEqual(['a', 'b'])
    flow.timeLeft = 3
    inbox.goOn()
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
    flow.timeLeft = 1
    inbox.goOn()
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'finished'])
  })

  test('An iteration waits for its time, and gets what came in order', async () => {
    const { flow, inbox, seen } = setUp()
    const run = async (): Promise<void> => {
      for await (const message of inbox) seen.push(message)
      seen.push('over')
    }
    for (const message of ['a', 'b', 'c']) inbox.push(message, 1)
    flow.timeLeft = 1
    void run()
    await turn()
    expect(seen).toEqual(['a'])
    inbox.push('d', 1)
    inbox.end()
    await turn()
    expect(seen).toEqual(['a'])
    flow.timeLeft = 3
    inbox.goOn()
    await expect.poll(() => seen).toEqual(['a', 'b', 'c', 'd', 'over'])
  })

  test('Once it discards, nothing is handled any more but the end', async () => {
    const { inbox, seen, events } = setUp()
    inbox.handle({
      ...events,
      deliver: message => {
        seen.push(message)
        inbox.discard()
        throw new Error('bug')
      },
    })
    for (const message of ['a', 'b', 'c']) inbox.push(message, 1)
    const late = inbox[Symbol.asyncIterator]()
    expect(await late.next()).toEqual({ value: undefined, done: true })
    await late.return?.()
    inbox.end()
    expect(seen).toEqual(['a', 'finished'])
  })

  test('It has settled when the last handler has ended', async () => {
    const { inbox, seen, events } = setUp()
    inbox.handle({
      ...events,
      deliver: turn,
      onFinished: async () => {
        await turn()
        seen.push('finished')
      },
      onSettled: () => void seen.push('settled'),
    })
    inbox.push('message', 1)
    inbox.end()
    expect(seen).toEqual([])
    await expect.poll(() => seen).toEqual(['finished', 'settled'])
  })

  test('It finishes once, also when nobody ever took the messages', async () => {
    const { inbox, seen, events } = setUp()
    inbox.handle({ ...events, takesMessages: false })
    inbox.push('unread', 1)
    inbox.end()
    inbox.end()
    await turn()
    expect(seen).toEqual(['finished'])
  })

  test('A message that nobody will read counts until the end; for an iteration that takes it later it is still there', async () => {
    const { flow, inbox, seen, events } = setUp()
    inbox.handle({ ...events, takesMessages: false })
    for (const message of ['a', 'b']) inbox.push(message, 1)
    expect(flow.unreadBytes).toBe(130)
    inbox.end()
    expect(flow.unreadBytes).toBe(0)
    const iterator = inbox[Symbol.asyncIterator]()
    expect(await iterator.next()).toEqual({ value: 'a', done: false })
    expect(flow.unreadBytes).toBe(65)
    await iterator.return?.()
    expect(flow.unreadBytes).toBe(0)
    inbox.handle(events)
    expect(seen).toEqual(['finished', 'b', 'finished'])
  })
})
