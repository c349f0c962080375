import { expect, test } from 'vitest'
import { ForwardedPlaces } from './forwarded-places.ts'

test('A request that its session may not make takes nobody else the place', () => {
  const places = new ForwardedPlaces()
  let lostCount = 0
  const onLost = () => lostCount++
  for (let at = 0; at < 10_000; at++) places.take(`session ${at}`, '192.0.2.1', onLost)
  for (let at = 0; at < 4; at++) expect(places.take('other', '198.51.100.1', onLost)).toBeDefined()
  expect(lostCount).toBe(4)
  expect(places.take('other', '198.51.100.1', onLost)).toBeUndefined()
  expect(lostCount).toBe(4)
})
