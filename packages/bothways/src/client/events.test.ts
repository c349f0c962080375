import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { CloseEvent } from './close-event.ts'
import { MessageEvent } from './message-event.ts'

// Of runtimes' own classes: values that they convert in another way than WebIDL are left out here, and held by webidl.test.ts.

const { port1, port2 } = new MessageChannel()
port1.close()

const classes = [
  {
    name: 'CloseEvent',
    Class: CloseEvent as new (...args: unknown[]) => Event,
    defaults: { wasClean: false, code: 0, reason: '' },
  },
  {
    name: 'MessageEvent',
    Class: MessageEvent as unknown as new (...args: unknown[]) => Event,
    defaults: { data: null, origin: '', lastEventId: '', source: null, ports: [] },
  },
]

describe.each(classes)('$name', ({ name, Class, defaults }) => {
  test('is the class of the runtime, or an instance of it, where there is one', () => {
    const global = (globalThis as unknown as Record<string, new () => Event>)[name]
    if (global !== undefined) expect(new Class('x')).toBeInstanceOf(global)
  })

  test('has its name, its tag, its length and an Event as parent', () => {
    expect([Class.name, Class.length]).toEqual([name, 1])
    expect(String(new Class('x'))).toBe(`[object ${name}]`)
    expect(new Class('x')).toBeInstanceOf(Event)
    expect(new Class('x')).toBeInstanceOf(Class)
  })

  test('has accessors on the prototype that are read-only and can be enumerated', () => {
    const event = new Class('x') as unknown as Record<string, unknown>
    for (const [member, value] of Object.entries(defaults)) {
      const descriptor = Object.getOwnPropertyDescriptor(Class.prototype, member)
      expect(descriptor).toMatchObject({ set: undefined, enumerable: true, configurable: true })
      expect(Object.hasOwn(event, member)).toBe(false)
      expect(event[member]).toEqual(value)
      expect(Reflect.set(event, member, 'changed')).toBe(false)
      expect(() => Reflect.get(Class.prototype, member, {})).toThrow(TypeError)
    }
  })

  test('takes what every event takes', () => {
    const event = new Class('x', { bubbles: true, cancelable: true, composed: true })
    expect(event).toMatchObject({ type: 'x', bubbles: true, cancelable: true, composed: true })
  })

  test('needs a type, and an init that is an object or nothing', () => {
    expect(() => new Class()).toThrow(TypeError)
    expect(() => new Class('x', 'init')).toThrow(TypeError)
    expect(() => new Class('x', 7)).toThrow(TypeError)
    expect(() => new Class(Symbol('x'))).toThrow(TypeError)
    expect(new Class('x', undefined)).toMatchObject(defaults)
    expect(new Class(undefined).type).toBe('undefined')
  })
})

test.each([
  [{ code: 65_536 + 1000 }, { code: 1000 }],
  [{ code: '4000.9' }, { code: 4000 }],
  [{ reason: 'a\ud800' }, { reason: 'a\ufffd' }],
  [{ reason: null }, { reason: 'null' }],
  [
    { reason: undefined, code: undefined, wasClean: undefined },
    { reason: '', code: 0, wasClean: false },
  ],
  [{ wasClean: 'yes' }, { wasClean: true }],
  [Object.create({ code: 7, wasClean: 1 }), { code: 7, wasClean: true }],
])('A CloseEvent converts %o', (init, expected) => {
  expect(new CloseEvent('close', init)).toMatchObject(expected)
})

test.each([{ code: Symbol('1') }, { reason: Symbol('why') }])('A CloseEvent refuses %o', init =>
  expect(() => new CloseEvent('close', init as never)).toThrow(TypeError),
)

test.each([
  [{ origin: 'a\udc00' }, { origin: 'a\ufffd' }],
  [{ lastEventId: 7 }, { lastEventId: '7' }],
  [
    { source: port2, ports: new Set([port2]) },
    { source: port2, ports: [port2] },
  ],
  [{ data: port1 }, { data: port1 }],
])('A MessageEvent converts the init number %#', (init, expected) => {
  const event = new MessageEvent('message', init as never)
  for (const [member, value] of Object.entries(expected)) {
    expect(event[member as keyof typeof event]).toEqual(value)
  }
  expect(Object.isFrozen(event.ports)).toBe(true)
  expect(event.ports).toBe(event.ports)
})

test.each([{ ports: ['no port'] }, { ports: 7 }, { source: {} }, { origin: Symbol('o') }])(
  'A MessageEvent refuses the init number %#',
  init => expect(() => new MessageEvent('message', init as never)).toThrow(TypeError),
)

test('Where there is no WebAssembly, the runtime is not asked for its MessageEvent: Node 22 would end the process', () => {
  const program = `
    Object.defineProperty(globalThis, 'MessageEvent', { get: () => process.exit(3) })
    const { MessageEvent } = await import(${JSON.stringify(join(import.meta.dirname, '../../dist/client/message-event.js'))})
    const event = new MessageEvent('message', { data: 'text' })
    console.log(event instanceof Event, String(event), event.data)
  `
  const args = ['--jitless', '--input-type=module', '-e', program]
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  // That the flag is noted stands in front of it.
  expect([status, stdout.trim().split('\n').at(-1)]).toEqual([0, 'true [object MessageEvent] text'])
})
