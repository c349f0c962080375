import { expect, test } from 'vitest'
import { runChild } from '../support/child.ts'

// Needs the built packages, as npm test makes them. Run it for longer with: npm run soak -- --minutes 10
test('Random clients for some seconds leave no connection, no handle and no unhandled error', async () => {
  const output = await runChild('node', [
    'tools/soak.mjs',
    '--seconds',
    '6',
    '--seed',
    '3',
    '--clients',
    '20',
  ])
  expect(output).toMatch(/\d+ clients, [1-9]\d* connections, [1-9]\d* refusals, [1-9]\d* messages/)
}, 90_000)
