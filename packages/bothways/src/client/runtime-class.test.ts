import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('The package loads where the runtime has no WebAssembly, which Node 22 has classes in', () => {
  const entry = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)
  const program = `import { CloseEvent, MessageEvent } from ${entry}
    console.log(new CloseEvent('close', { code: 1001 }).code, new MessageEvent('message', { data: 'a' }).data)`
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--jitless', '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  )
  expect({ stdout, status }).toEqual({ stdout: '1001 a\n', status: 0 })
})
