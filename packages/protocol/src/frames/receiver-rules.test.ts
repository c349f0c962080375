import { expect, test } from 'vitest'
import { type ReceiverOptions, receiverRules } from './receiver-rules.ts'

const options: ReceiverOptions = { role: 'server', maxMessageBytes: 1_000 }

const others: ReceiverOptions[] = [
  { ...options, role: 'client' },
  { ...options, maxMessageBytes: 1_001 },
  { ...options, isDeflateNegotiated: true },
  { ...options, delivers: 'frames' },
  { ...options, maxFrameBytes: 10 },
  { ...options, maxFragmentCount: 10 },
  { ...options, checksUtf8: false },
  { ...options, checksCloseCode: false },
]

test('Receivers with the same options share their rules, and no others do', () => {
  const rules = receiverRules(options)
  expect(receiverRules({ ...options, checksUtf8: true })).toBe(rules)
  for (const it of others) expect(receiverRules(it)).not.toEqual(rules)
})

test('Few are remembered', () => {
  const rules = receiverRules(options)
  for (const it of others) receiverRules(it)
  expect(receiverRules(options)).not.toBe(rules)
  expect(receiverRules(options)).toEqual(rules)
})
