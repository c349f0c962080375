import { Random } from './random.mjs'
import { damage } from './stream-cases.mjs'

const texts = [
  ...[
    '0',
    '0{"token":"x"}',
    '0/admin,{"a":1}',
    '0/admin',
    '1',
    '1/admin,',
    '2["chat","hi"]',
    '212["ack me"]',
  ],
  ...[
    '2/admin,7["x",{"y":[1,null]}]',
    '3["answer"]',
    '345[]',
    '4"no"',
    '4{"message":"no"}',
    '2["connect"]',
    '2[1]',
  ],
  ...[
    '2[]',
    '2{}',
    '2',
    '0[]',
    '0null',
    '1{}',
    '3{}',
    '2["disconnecting"]',
    '2["newListener",1]',
    '2[null]',
    '7[]',
    '',
    '29999999999999999["x"]',
  ],
  ...['2123456789012345["x"]', '31234567890123456[]'],
]
const binaryTexts = [
  ...[
    '51-["b",{"_placeholder":true,"num":0}]',
    '52-["b",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]',
  ],
  ...[
    '61-7[{"_placeholder":true,"num":0}]',
    '51-/admin,["b",[{"a":{"_placeholder":true,"num":0}}]]',
    '51-["b"]',
  ],
  ...[
    '51-["b",{"_placeholder":true,"num":1}]',
    '51-["b",{"_placeholder":true,"num":-1}]',
    '50-["b"]',
    '5-["b"]',
    '5["b"]',
  ],
  ...[
    '51-["b",{"_placeholder":true,"num":"length"}]',
    '52-["b",{"_placeholder":true,"num":0.5}]',
    '511-["b"]',
    '510-["b"]',
  ],
  ...['51-', '51', '59999999999999999999-["b"]', '51-{"_placeholder":true,"num":0}', '51-9[]', '61-[]'],
]
const values = [null, 1, 'text', 'é😀', true, [], {}, { a: [1, { b: null }] }, { _placeholder: true, num: 0 }]

/**
 * The messages of a client of Socket.IO, text and bytes; and a packet that is sent to one.
 *
 * @param {number} seed
 * @returns {import('./cases.d.mts').ParserCase}
 */
export function parserCase(seed) {
  const random = new Random(seed)
  const received = []
  for (let count = 1 + random.below(5); count > 0; count--) {
    const isBinary = random.oneIn(2)
    let text = Buffer.from(random.pick(isBinary ? binaryTexts : texts))
    if (random.oneIn(5)) text = damage(random, text)
    received.push({ text: text.toString() })
    const announced = Number(/^[56](\d+)-/.exec(text.toString())?.[1] ?? 0)
    const most = random.oneIn(4) ? random.below(3) : Math.min(announced, 12)
    for (let left = most; left > 0; left--)
      received.push({ hex: random.bytes(random.below(4)).toString('hex') })
  }
  return {
    target: 'parser',
    received,
    maxAttachments: random.oneIn(2) ? undefined : random.pick([1, 2, 10]),
    packet: {
      type: random.pick(['EVENT', 'ACK', 'EVENT', 'CONNECT']),
      nsp: random.pick(['/', '/', '/admin']),
      id: random.oneIn(2) ? undefined : random.below(1_000),
      args: Array.from({ length: random.below(4) }, () => value(random)),
    },
  }
}

function value(random) {
  if (random.oneIn(3)) return { hex: random.bytes(random.below(4)).toString('hex') }
  return random.oneIn(4) ? { list: [value(random), value(random)] } : { value: random.pick(values) }
}
