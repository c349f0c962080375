import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build-workspace.mjs'
import { run, Stop } from './say.mjs'
import { root } from './spawn.mjs'

// `npm start`: installs and builds what is missing, then serves in this process, so that a signal to it or
// to npm reaches the server, which drains and ends with 0. npm passes a signal on to the shell it has started: `exec`
// in the script puts this process in the shell's place. Windows knows no `exec` and goes on behind the `||`.
await run(async () => {
  await build()
  const path = join(root, 'packages', 'cli', 'dist', 'main.js')
  if (!existsSync(path)) throw new Stop('packages/cli/dist/main.js is missing after the build.')
  const { main } = await import(pathToFileURL(path).href)
  const { HOST, PORT } = process.env
  const where = [...(HOST ? ['--host', HOST] : []), ...(PORT ? ['--port', PORT] : [])]
  process.exitCode = await main(['serve', ...where, ...process.argv.slice(2)])
})
