import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

const askAll = new URL('../../../dist/serve/workers/ask-all.js', import.meta.url)

/** A worker that drains has no channel to the first process any more. */
const worker = `
  import { askAll } from '${askAll}'
  const ask = askAll('figures', () => 7)
  process.disconnect()
  const wanted = { ask: 'figures', step: 'wanted', id: 1 }
  process.emit('message', wanted)
  console.log(JSON.stringify(await ask()))
`

test('A worker without the first process asks itself alone, and is not ended by who asks it', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', worker], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit'),
  ])
  expect({ out, errors, code }).toEqual({ out: '[7]\n', errors: '', code: 0 })
})
