import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogEntry } from './log-entry.ts'
import { type LogFilter, matches } from './log-filter.ts'
import { LogStore } from './log-store.ts'

const entry = (data: string | Uint8Array, direction: 'in' | 'out' = 'in'): Omit<LogEntry, 'sequence'> => ({
  date: 0,
  direction,
  type: typeof data === 'string' ? 'text' : 'binary',
  bytes: data.length,
  data,
})

const shown = (log: LogStore) => [...log.matching()].map(it => it.data)

describe('Log', () => {
  test('The oldest entries go when there are too many', () => {
    const log = new LogStore({ entries: 3 })
    for (const text of ['a', 'b', 'c', 'd', 'e']) log.append(entry(text))
    expect(shown(log)).toEqual(['c', 'd', 'e'])
    expect([log.length, log.totalCount, log.droppedCount, log.at(0)?.sequence]).toEqual([3, 3, 2, 3])
  })

  test('The oldest go when all are too big, but never the newest', () => {
    const log = new LogStore({ bytes: 10 })
    log.append(entry('1234567'))
    log.append(entry('123'))
    expect(log.length).toBe(2)
    log.append(entry('1'))
    expect(shown(log)).toEqual(['123', '1'])
    log.append(entry('x'.repeat(100)))
    expect(log.length).toBe(1)
  })

  test('The filter looks at text, hex digits, direction and type', () => {
    const log = new LogStore()
    log.append(entry('Hello', 'out'))
    log.append(entry('hello there'))
    log.append(entry(Uint8Array.of(0xca, 0xfe)))
    log.setFilter({ text: 'HELLO', direction: 'all', type: 'all' })
    expect(shown(log)).toEqual(['Hello', 'hello there'])
    log.setFilter({ text: 'hello', direction: 'out', type: 'text' })
    expect(shown(log)).toEqual(['Hello'])
    log.setFilter({ text: 'ca fe', direction: 'all', type: 'binary' })
    expect(log.length).toBe(1)
    log.append(entry('more'))
    expect([log.length, log.totalCount]).toEqual([1, 4])
  })

  test('Paused, it records on and shows what it showed', () => {
    const log = new LogStore({ entries: 3 })
    log.append(entry('a'))
    log.append(entry('b'))
    log.pause()
    log.append(entry('c'))
    expect(shown(log)).toEqual(['a', 'b'])
    log.setFilter({ text: '', direction: 'in', type: 'all' })
    expect(shown(log)).toEqual(['a', 'b'])
    expect(log.countSincePause).toBe(1)
    log.append(entry('d'))
    expect(shown(log)).toEqual(['b'])
    log.resume()
    expect(shown(log)).toEqual(['b', 'c', 'd'])
  })

  test('Cleared, it begins anew', () => {
    const log = new LogStore({ entries: 1 })
    log.append(entry('a'))
    log.append(entry('b'))
    log.clear()
    expect([log.length, log.totalCount, log.droppedCount]).toEqual([0, 0, 0])
    log.append(entry('c'))
    expect(shown(log)).toEqual(['c'])
  })

  test('What is found while entries come is what a look at all of them finds', () => {
    const filters: LogFilter[] = [
      { text: '', direction: 'all', type: 'all' },
      { text: 'a', direction: 'all', type: 'all' },
      { text: '', direction: 'out', type: 'all' },
    ]
    const action = fc.oneof(
      fc.record({
        text: fc.constantFrom('a', 'b'),
        direction: fc.constantFrom('in' as const, 'out' as const),
      }),
      fc.constantFrom(...filters),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), actions => {
        const log = new LogStore({ entries: 10 })
        const all: Omit<LogEntry, 'sequence'>[] = []
        for (const it of actions) {
          if ('type' in it) log.setFilter(it)
          else {
            all.push(entry(it.text, it.direction))
            log.append(entry(it.text, it.direction))
          }
        }
        const expected = all.slice(-10).filter(it => matches({ ...it, sequence: 0 }, log.filter))
        expect(shown(log)).toEqual(expected.map(it => it.data))
      }),
    )
  })
})
