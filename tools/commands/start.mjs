import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from '../lib/build-workspace.mjs'
import { root } from '../lib/spawn.mjs'
import { inLocale, run, Stop } from '../lib/terminal.mjs'

const optionsWords = {
  en: 'Options of npm start: npm start -- --port 8081. Or: PORT=8081 npm start',
  zh: 'npm start 的选项这样写：npm start -- --port 8081。或者：PORT=8081 npm start',
}

// `npm start`: installs and builds what is missing, then serves in this process, so that a signal to it or
// to npm reaches the server, which drains and ends with 0 (why the script says `exec`: see on-windows.mjs).
await run(async () => {
  await build()
  const path = join(root, 'packages', 'cli', 'dist', 'main.js')
  if (!existsSync(path)) throw new Stop('packages/cli/dist/main.js is missing after the build.')
  const { main } = await import(pathToFileURL(path).href)
  const { HOST, PORT } = process.env
  const where = [...(HOST ? ['--host', HOST] : []), ...(PORT ? ['--port', PORT] : [])]
  process.exitCode = await main(['serve', ...where, ...process.argv.slice(2)])
  // Its message names options of the command, and npm keeps for itself what is not behind `--`.
  if (process.exitCode !== 0) {
    process.stderr.write(`${inLocale(optionsWords)}\n`)
  }
})
