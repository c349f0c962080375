import { runChild } from '@bothways/test-support/child'
import { expect, test } from 'vitest'

// Needs the built packages, as npm test makes them. Run it for longer with: npm run soak -- --minutes 10
test.each(['auto', 'stream'])(
  'A crowd of random and hostile clients takes no more than the bounds allow and leaves nothing (transport: %s)',
  async transport => {
    const args = [
      'tools/commands/soak.mjs',
      '--seconds',
      '10',
      '--seed',
      '3',
      '--clients',
      '20',
      '--attackers',
      '4',
    ]
    const output = await runChild('node', [...args, '--transport', transport])
    expect(output).toMatch(
      /\d+ clients, [1-9]\d* attacks, [1-9]\d* connections, [1-9]\d* refusals, [1-9]\d* messages/,
    )
    expect(output).toMatch(/Honest client: [1-9]\d* echoes p50 [\d.]+ ms p99 [\d.]+ ms/)
  },
  120_000,
)
