import { type Child, startChild } from '@bothways/test-support/child'
import type { RawFrame } from '@bothways/test-support/raw-frame'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { bun, deno } from '../../tools/lib/runtimes.mjs'
import { checkRow } from './check-row.ts'
import { RemoteEndpoint } from './remote-endpoint.ts'
import { tables } from './tables.ts'

const runtimes: Readonly<Record<string, readonly [command: string, args: readonly string[]]>> = {
  Bun: [bun, []],
  Deno: [deno, ['run', '--quiet', '--allow-all']],
}

/** The four rows with longer messages say nothing more about a runtime. */
const maxBytes = 2 * 1024 * 1024

const bytesOf = (frames: readonly RawFrame[]) =>
  frames.reduce((sum, [, payload = '']) => sum + payload.length, 0)

describe.each(Object.entries(runtimes))('In %s', (_, [command, args]) => {
  let child: Child
  beforeAll(async () => {
    child = await startChild(command, [...args, 'test/interop/peers/echo-connection.mjs'])
  })
  afterAll(() => child.stop())

  describe.each(['server', 'client'] as const)('an echo connection as %s', role => {
    test.each(Object.entries(tables))('follows all rows of %s', async (_name, rows) => {
      for (const row of rows.filter(({ write }) => bytesOf(write) <= maxBytes)) {
        const endpoint = await RemoteEndpoint.open(Number(child.firstLine), role, row.options)
        try {
          await checkRow(endpoint, role, row, 'whole')
        } catch (error) {
          throw new Error(`${row.id} ${row.rule}: ${(error as Error).message}`, { cause: error })
        }
      }
    })
  })
})
