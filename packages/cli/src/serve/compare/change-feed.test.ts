import { expect, test } from 'vitest'
import { ChangeFeed } from './change-feed.ts'

function filled(count: number, historyLimit?: number): ChangeFeed {
  const feed = new ChangeFeed(historyLimit)
  for (let date = 1; date <= count; date++) feed.append(date, 0.75)
  return feed
}

const sequences = (feed: ChangeFeed, after: number) => feed.after(after).map(it => it.sequence)

test('Who says what it saw last gets the rest in order', () => {
  const feed = filled(5)
  expect(sequences(feed, 2)).toEqual([3, 4, 5])
  expect(sequences(feed, 5)).toEqual([])
  expect(sequences(feed, 99)).toEqual([])
  expect(feed.after(4)).toEqual([{ sequence: 5, date: 5, value: 105 }])
})

test.each([3, 4, 5, 6, 7, 8, 9])('After %i changes at most three are kept', count => {
  expect(sequences(filled(count, 3), 0)).toEqual([count - 2, count - 1, count])
})

test('A listener may end itself while it is told', () => {
  const feed = new ChangeFeed()
  let told = 0
  const end = feed.onChange(() => {
    told++
    end()
  })
  feed.onChange(() => told++)
  feed.append(1, 0)
  feed.append(2, 0)
  expect(told).toBe(3)
  expect(feed.listenerCount).toBe(1)
})
