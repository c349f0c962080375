import type { Client } from '@bothways/client'
import { expect, test } from 'vitest'
import { ClientSource } from './provider.ts'

test('Who asks before the effect of the provider, which comes in the same turn, gets the client that it makes', async () => {
  const source = new ClientSource()
  const [before, now] = [{}, {}] as [Client, Client]
  const first = source.get()
  source.set(before)
  expect(await first).toBe(before)
  // As where a part of a page was hidden for so long that its client was closed, and is shown again.
  const second = source.get()
  source.set(now)
  expect(await second).toBe(now)
})
