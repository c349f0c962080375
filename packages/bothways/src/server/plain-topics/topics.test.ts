import { describe, expect, test } from 'vitest'
import type { Sink } from '../../connection/channel.ts'
import { Topics } from './topics.ts'

type Outcome = 'sent' | 'queued' | 'refused'

class Listener implements Sink<string> {
  readonly heard: string[] = []
  outcome: Outcome = 'sent'
  onHeard: (message: string) => void = () => {}

  sendShared(message: string): Outcome {
    if (this.outcome !== 'refused') this.heard.push(message)
    this.onHeard(message)
    return this.outcome
  }
}

describe('A publish', () => {
  test('counts those that have taken it', () => {
    const topics = new Topics<string>()
    const outcomes: Outcome[] = ['sent', 'queued', 'refused']
    for (const outcome of outcomes) {
      const listener = new Listener()
      listener.outcome = outcome
      topics.subscribe('news', listener)
    }
    expect(topics.publish('news', 'a')).toBe(2)
    expect(topics.publish('else', 'a')).toBe(0)
  })

  test('does not reach those who subscribe during it, and the next one does', () => {
    const topics = new Topics<string>()
    const [first, late] = [new Listener(), new Listener()]
    first.onHeard = () => topics.subscribe('news', late)
    topics.subscribe('news', first)
    expect(topics.publish('news', 'a')).toBe(1)
    expect(late.heard).toEqual([])
    expect(topics.publish('news', 'b')).toBe(2)
    expect(late.heard).toEqual(['b'])
  })

  test('made during another reaches those who are subscribed by then', () => {
    const topics = new Topics<string>()
    const [first, late] = [new Listener(), new Listener()]
    first.onHeard = message => {
      if (message !== 'outer') return
      topics.subscribe('news', late)
      expect(topics.publish('news', 'inner')).toBe(2)
    }
    topics.subscribe('news', first)
    expect(topics.publish('news', 'outer')).toBe(1)
    expect([first.heard, late.heard]).toEqual([['outer', 'inner'], ['inner']])
  })

  test('ends when each listener makes the next one subscribe', () => {
    const topics = new Topics<string>()
    let count = 0
    const grow = (): void => {
      const listener = new Listener()
      count++
      listener.onHeard = grow
      topics.subscribe('news', listener)
    }
    grow()
    for (const expected of [1, 2, 4]) expect(topics.publish('news', 'a')).toBe(expected)
    expect(count).toBe(8)
  })

  test('does not reach those who are unsubscribed during it, nor those who come back', () => {
    const topics = new Topics<string>()
    const [first, second, third] = [new Listener(), new Listener(), new Listener()]
    first.onHeard = () => {
      topics.unsubscribe('news', second)
      topics.unsubscribeAll(third)
      topics.subscribe('news', third)
    }
    for (const listener of [first, second, third]) topics.subscribe('news', listener)
    expect(topics.publish('news', 'a')).toBe(1)
    first.onHeard = () => {}
    expect(topics.publish('news', 'b')).toBe(2)
    expect([second.heard, third.heard]).toEqual([[], ['b']])
  })
})
