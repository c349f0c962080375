import { expect, test } from 'vitest'
import { runChild } from '../support/child.ts'

// Needs the built packages, as npm test makes them. Run it for longer with: npm run soak -- --minutes 10
test.each(['auto', 'stream'])(
  'Random clients for some seconds leave no connection, no handle and no unhandled error (transport: %s)',
  async transport => {
    const args = [
      'tools/soak.mjs',
      '--seconds',
      '5',
      '--seed',
      '3',
      '--clients',
      '20',
      '--transport',
      transport,
    ]
    const output = await runChild('node', args)
    expect(output).toMatch(/\d+ clients, [1-9]\d* connections, [1-9]\d* refusals, [1-9]\d* messages/)
  },
  90_000,
)
