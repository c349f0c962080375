import { expect, test } from 'vitest'
import { Routes } from './routes.ts'

test.each([
  '',
  'chat',
  '/*/chat',
  '/rooms*',
  '/rooms/**',
  '/chat?room=1',
  '/a b',
  '/münchen',
  '/a/../b',
  '/a\\b',
])('A route at %j could never match, or not what it says: it is refused', path => {
  expect(() => new Routes().add(path, {})).toThrow("'")
})

test('A path that clients send otherwise is refused with what they send', () => {
  expect(() => new Routes().add('/münchen', {})).toThrow("clients send it as '/m%C3%BCnchen'")
})

test.each(['/', '/*', '/chat', '/rooms/*', '/m%C3%BCnchen'])('A route at %j is found by its path', path => {
  const routes = new Routes<string>()
  routes.add(path, 'found')
  expect(routes.find(path)).toBe('found')
})
