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
  '/rooms/:',
  '/rooms/:id?',
  '/rooms/:id(\\d+)',
  '/rooms/:2nd',
  '/rooms/room-:id',
  '/:id/rooms/:id',
  '/rooms/:__proto__',
  '/rooms/{id}',
  '/rooms/[id]',
  '/rooms/<id>',
  '/rooms/[...rest]',
  'ws://localhost/chat',
])('A route at %j could never match, or not what it says: it is refused', path => {
  expect(() => new Routes().add(path, () => ({}))).toThrow("'")
})

test('A path that clients send otherwise is refused with what they send', () => {
  expect(() => new Routes().add('/münchen', () => ({}))).toThrow("clients send it as '/m%C3%BCnchen'")
})

test.each(['/', '/*', '/chat', '/rooms/*', '/m%C3%BCnchen'])('A route at %j is found by its path', path => {
  const routes = new Routes<string>()
  routes.add(path, () => 'found')
  expect(routes.find(path)).toMatchObject({ route: 'found' })
})

test('A pattern that no route can have is refused with how one is written', () => {
  const add = (path: unknown) => () => new Routes().add(path as string, () => ({}))
  expect(add('/rooms/[id]')).toThrow('written /:id')
  expect(add('/rooms/:id?')).toThrow('needs two routes')
  expect(add('/rooms/:id(\\d+)')).toThrow('checked in authenticate or open')
  expect(add('ws://localhost/chat')).toThrow('without scheme and host')
  expect(add(/^\/rooms/)).toThrow('the regular expression')
  expect(add(undefined)).toThrow("such as '/chat'")
})

test.each([
  ['/rooms/:id', '/rooms/7', { id: '7' }],
  ['/rooms/:id', '/rooms/%E5%BC%A0%20%2F', { id: '张 /' }],
  ['/:a/x/:b', '/1/x/2', { a: '1', b: '2' }],
  ['/rooms/:id/*', '/rooms/7/files/8', { id: '7' }],
  ['/rooms/:id/*', '/rooms/7/', { id: '7' }],
  ['/:id', '/constructor', { id: 'constructor' }],
] as const)('Of %s the path %s has the parameters %o', (pattern, path, params) => {
  const routes = new Routes<string>()
  routes.add(pattern, () => 'found')
  expect(routes.find(path)).toEqual({ route: 'found', params })
})

test.each([
  ['/rooms/:id', '/rooms/'],
  ['/rooms/:id', '/rooms'],
  ['/rooms/:id', '/rooms/7/8'],
  ['/rooms/:id', '/rooms/%E5'],
  ['/rooms/:id/*', '/rooms/7'],
  ['/rooms/:id/*', '/rooms//8'],
  ['/rooms/*', '/rooms'],
])('%s does not serve %s', (pattern, path) => {
  const routes = new Routes<string>()
  routes.add(pattern, () => 'found')
  expect(routes.find(path)).toBeUndefined()
})

test('The route that says more serves, whatever their order', () => {
  const patterns = ['/*', '/:a/new', '/rooms/*', '/rooms/:id', '/rooms/:id/*', '/rooms/new/*', '/rooms/new']
  for (const order of [patterns, patterns.toReversed()]) {
    const routes = new Routes<string>()
    for (const pattern of order) routes.add(pattern, () => pattern)
    const found = (path: string) => routes.find(path)?.route
    expect(found('/rooms/new')).toBe('/rooms/new')
    expect(found('/rooms/old')).toBe('/rooms/:id')
    expect(found('/rooms/new/x')).toBe('/rooms/new/*')
    expect(found('/rooms/old/x')).toBe('/rooms/:id/*')
    expect(found('/rooms/')).toBe('/rooms/*')
    expect(found('/halls/new')).toBe('/:a/new')
    expect(found('/halls')).toBe('/*')
  }
})

test('Two patterns for the same paths are one too many, whatever their parameters are called', () => {
  const routes = new Routes()
  routes.add('/rooms/:id', () => ({}))
  expect(() => routes.add('/rooms/:name', () => ({}))).toThrow("'/rooms/:id' already")
})
