import { expect, test } from 'vitest'
import { createLink, type Link, type Status } from './link.ts'

const times = { firstRetryMs: 1_000, maxRetryMs: 30_000 }

/** A link, and what it has asked for since the last look. */
function stage() {
  const asked: string[] = []
  const link = createLink(
    {
      connect: () => asked.push('connect'),
      disconnect: () => asked.push('disconnect'),
      probe: () => asked.push('probe'),
      wakeIn: ms => asked.push(ms === undefined ? 'no timer' : `timer ${ms}`),
      onStatus: () => {},
    },
    times,
    () => 0.5,
  )
  return { link, taken: () => asked.splice(0).join(', ') }
}

const states = {
  closed: () => {},
  connecting: link => link.start(),
  open: link => {
    link.start()
    link.opened()
  },
  waiting: link => {
    link.start()
    link.lost({ code: 'not_opened' }, 0)
  },
  'waiting as told': link => {
    link.start()
    link.opened()
    link.lost({ code: 'leaving', retryAfterMs: 700 }, 60_000)
  },
  offline: link => {
    link.offline()
    link.start()
    link.lost({ code: 'not_opened' }, 0)
  },
} satisfies Record<string, (link: Link) => void>

const events = {
  start: link => link.start(),
  opened: link => link.opened(),
  lost: link => link.lost({ code: 'lost' }, 60_000),
  'lost for good': link => link.lost({ code: 'forbidden' }, 0),
  'lost, told when': link => link.lost({ code: 'leaving', retryAfterMs: 300 }, 60_000),
  due: link => link.due(),
  online: link => link.online(),
  offline: link => link.offline(),
  woke: link => link.woke(),
  close: link => link.close(),
} satisfies Record<string, (link: Link) => void>

type Row = readonly [from: keyof typeof states, event: keyof typeof events, to: Status, asked: string]

const again = 'no timer, connect'
const rows: readonly Row[] = [
  ['closed', 'start', 'connecting', again],
  ['closed', 'opened', 'closed', ''],
  ['closed', 'lost', 'closed', ''],
  ['closed', 'lost for good', 'closed', ''],
  ['closed', 'lost, told when', 'closed', ''],
  ['closed', 'due', 'closed', ''],
  ['closed', 'online', 'closed', ''],
  ['closed', 'offline', 'closed', ''],
  ['closed', 'woke', 'closed', ''],
  ['closed', 'close', 'closed', 'no timer'],
  ['connecting', 'start', 'connecting', ''],
  ['connecting', 'opened', 'open', ''],
  ['connecting', 'lost', 'waiting', 'timer 500'],
  ['connecting', 'lost for good', 'closed', 'no timer, disconnect'],
  ['connecting', 'lost, told when', 'waiting', 'timer 300'],
  ['connecting', 'due', 'connecting', ''],
  ['connecting', 'online', 'connecting', ''],
  ['connecting', 'offline', 'connecting', ''],
  ['connecting', 'woke', 'connecting', ''],
  ['connecting', 'close', 'closed', 'no timer, disconnect'],
  ['open', 'start', 'open', ''],
  ['open', 'opened', 'open', ''],
  ['open', 'lost', 'waiting', 'timer 500'],
  ['open', 'lost for good', 'closed', 'no timer, disconnect'],
  ['open', 'lost, told when', 'waiting', 'timer 300'],
  ['open', 'due', 'open', ''],
  ['open', 'online', 'open', 'probe'],
  ['open', 'offline', 'open', 'probe'],
  ['open', 'woke', 'open', 'probe'],
  ['open', 'close', 'closed', 'no timer, disconnect'],
  ['waiting', 'start', 'connecting', again],
  ['waiting', 'opened', 'waiting', ''],
  ['waiting', 'lost', 'waiting', ''],
  ['waiting', 'lost for good', 'waiting', ''],
  ['waiting', 'lost, told when', 'waiting', ''],
  ['waiting', 'due', 'connecting', again],
  ['waiting', 'online', 'connecting', again],
  ['waiting', 'offline', 'offline', 'timer 30000'],
  ['waiting', 'woke', 'connecting', again],
  ['waiting', 'close', 'closed', 'no timer, disconnect'],
  ['waiting as told', 'start', 'connecting', again],
  ['waiting as told', 'opened', 'waiting', ''],
  ['waiting as told', 'lost', 'waiting', ''],
  ['waiting as told', 'lost for good', 'waiting', ''],
  ['waiting as told', 'lost, told when', 'waiting', ''],
  ['waiting as told', 'due', 'connecting', again],
  ['waiting as told', 'online', 'waiting', ''],
  ['waiting as told', 'offline', 'waiting', ''],
  ['waiting as told', 'woke', 'waiting', ''],
  ['waiting as told', 'close', 'closed', 'no timer, disconnect'],
  ['offline', 'start', 'connecting', again],
  ['offline', 'opened', 'offline', ''],
  ['offline', 'lost', 'offline', ''],
  ['offline', 'lost for good', 'offline', ''],
  ['offline', 'lost, told when', 'offline', ''],
  ['offline', 'due', 'connecting', again],
  ['offline', 'online', 'connecting', again],
  ['offline', 'offline', 'offline', ''],
  ['offline', 'woke', 'connecting', again],
  ['offline', 'close', 'closed', 'no timer, disconnect'],
]

test('The table has every state with every event', () => {
  const all = Object.keys(states).flatMap(state => Object.keys(events).map(event => `${state}, ${event}`))
  expect(rows.map(([from, event]) => `${from}, ${event}`).sort()).toEqual(all.sort())
})

test.each(rows)('%s, %s: %s', (from, event, to, asked) => {
  const { link, taken } = stage()
  states[from](link)
  taken()
  events[event](link)
  expect([link.status, taken()]).toEqual([to, asked])
})

test('The waits double up to their bound, and begin anew after a connection that lasted', () => {
  const { link, taken } = stage()
  link.start()
  const waits = Array.from({ length: 8 }, () => {
    taken()
    link.lost({ code: 'not_opened' }, 0)
    const wait = taken()
    link.due()
    return wait
  })
  expect(waits.map(wait => Number(wait.split(' ')[1]))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000,
  ])
  taken()
  link.opened()
  link.lost({ code: 'lost' }, 9_000)
  expect(taken()).toBe('timer 15000')
  link.due()
  link.opened()
  taken()
  link.lost({ code: 'lost' }, 10_000)
  expect(taken()).toBe('timer 500')
})

test('The reason says who, why, and when it is tried again; an open connection has none', () => {
  const { link } = stage()
  link.start()
  link.lost({ code: 'not_opened', text: 'ECONNREFUSED' }, 0)
  expect(link.reason).toMatchObject({ code: 'not_opened', by: 'network', retry: 500 })
  expect(link.reason?.help).toContain('ECONNREFUSED')
  link.due()
  expect(link.reason?.code).toBe('not_opened')
  link.opened()
  expect(link.reason).toBeUndefined()
  link.lost({ code: 'not_bothways' }, 0)
  expect(link.reason).toMatchObject({ code: 'not_bothways', retry: 'no' })
})
