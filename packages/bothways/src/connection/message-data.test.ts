import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { isBlob, isByteSource, isDetached, messageBytes, messageSize, ownBytes } from './message-data.ts'

/** The value of an expression in a `vm` context, whose constructors are not ours. */
function foreign(expression: string): ArrayBuffer {
  return runInNewContext(expression)
}

const growing = { maxByteLength: 8 } as object
const resizable = Reflect.construct(ArrayBuffer, [3, growing]) as ArrayBuffer & {
  resize(length: number): void
}

describe('Bytes are told by what they are', () => {
  const sources = {
    'an ArrayBuffer': new ArrayBuffer(3),
    'one of another realm': foreign('new ArrayBuffer(3)'),
    'a view of another realm': foreign('new Uint8Array([1, 2, 3])'),
    'a DataView of another realm': foreign('new DataView(new ArrayBuffer(3))'),
    'shared memory': new SharedArrayBuffer(3),
    'shared memory of another realm': foreign('new SharedArrayBuffer(3)'),
    'a resizable ArrayBuffer': resizable,
    'a view that follows its length': new Uint8Array(resizable),
    'a Buffer': Buffer.alloc(3),
  }
  test.each(Object.entries(sources))('%s', (_, source) => {
    expect(isByteSource(source)).toBe(true)
    expect(isBlob(source)).toBe(false)
    expect(isDetached(source)).toBe(false)
    expect(messageSize(source)).toBe(3)
    expect(messageBytes(source)).toHaveLength(3)
  })

  const others = [null, undefined, 3, {}, [], { byteLength: 3 }, { [Symbol.toStringTag]: 'ArrayBuffer' }]
  test.each(others)('%o are no bytes', other => {
    expect(isByteSource(other)).toBe(false)
    expect(isBlob(other)).toBe(false)
  })
})

test('A Blob that another library makes is one; what only says so is none', () => {
  class File {
    readonly size = 3
    get [Symbol.toStringTag](): string {
      return 'File'
    }
    arrayBuffer(): Promise<ArrayBuffer> {
      return Promise.resolve(new ArrayBuffer(3))
    }
  }
  expect([new Blob([]), new File()].map(isBlob)).toEqual([true, true])
  expect(isBlob({ [Symbol.toStringTag]: 'Blob' })).toBe(false)
})

describe('Memory that was transferred', () => {
  const makers = {
    'its ArrayBuffer': (buffer: ArrayBuffer) => buffer,
    'its bytes': (buffer: ArrayBuffer) => new Uint8Array(buffer),
    'a Buffer of it': (buffer: ArrayBuffer) => Buffer.from(buffer),
    'a DataView of it': (buffer: ArrayBuffer) => new DataView(buffer),
    'a part of it': (buffer: ArrayBuffer) => new Uint8Array(buffer, 1, 1),
  }
  test.each(Object.entries(makers))('%s', (_, make) => {
    const buffer = new ArrayBuffer(3)
    const source = make(buffer)
    expect(isDetached(source)).toBe(false)
    structuredClone(buffer, { transfer: [buffer] })
    expect(isDetached(source)).toBe(true)
  })

  test('that was cut off is not there, while no bytes at all are', () => {
    const part = new Uint8Array(resizable, 1, 2)
    resizable.resize(1)
    expect(isDetached(part)).toBe(true)
    expect([new Uint8Array(0), new ArrayBuffer(0), new DataView(new ArrayBuffer(0))].map(isDetached)).toEqual(
      [false, false, false],
    )
  })
})

test('Own bytes lie in memory that holds nothing else', () => {
  for (const length of [0, 3, 64, 65, 5_000]) {
    const own = ownBytes(Buffer.from('x'.repeat(length)))
    expect([own.length, own.buffer.byteLength]).toEqual([length, length])
  }
})
