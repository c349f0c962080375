import { expect, test } from 'vitest'
import { Decoders } from './decoders.ts'
import * as parser from './parser/index.ts'
import type { Packet } from './parser/packet.ts'

class Receiver {
  readonly data: unknown[] = []
  _onDecoded({ data }: Packet): void {
    this.data.push(data)
  }
}

test('Two clients whose packets wait for attachments at the same time get each its own', () => {
  const decoders = new Decoders(parser)
  const [one, other, third] = [new Receiver(), new Receiver(), new Receiver()]
  const first = decoders.take(one)
  first.add('51-["a",{"_placeholder":true,"num":0}]')
  expect(decoders.giveBack(first)).toBe(false)
  const second = decoders.take(other)
  second.add('51-["b",{"_placeholder":true,"num":0}]')
  expect(decoders.giveBack(second)).toBe(false)
  first.add(Buffer.from([1]))
  expect(decoders.giveBack(first)).toBe(true)
  const again = decoders.take(third)
  expect(again).toBe(first)
  again.add('2["c"]')
  second.add(Buffer.from([2]))
  expect(one.data).toEqual([['a', Buffer.from([1])]])
  expect(other.data).toEqual([['b', Buffer.from([2])]])
  expect(third.data).toEqual([['c']])
})

test('A decoder that does not say what it holds is its client’s for good', () => {
  class Decoder extends parser.Decoder {
    override get heldBytes(): never {
      return undefined as never
    }
  }
  const decoders = new Decoders({ ...parser, Decoder })
  const decoder = decoders.take(new Receiver())
  decoder.add('2["a"]')
  expect(decoders.giveBack(decoder)).toBe(false)
  expect(decoders.take(new Receiver())).not.toBe(decoder)
})
