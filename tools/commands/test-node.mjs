import { readJson } from '../lib/lock-file.mjs'
import { executeNpm, root, toolScript } from '../lib/spawn.mjs'
import { run, Stop } from '../lib/terminal.mjs'

// `npm run test:node -- 22 [arguments]`: Vitest on another version of Node.js, which comes from npm for this once.
// Build first: the tests of the published packages look at the output of the build.
await run(async () => {
  const [version, ...args] = process.argv.slice(2)
  if (version === undefined || !/^\d+(\.\d+){0,2}$/.test(version)) {
    const { engines } = readJson(`${root}/package.json`)
    throw new Stop(`Say which Node.js (${engines.node}): npm run test:node -- 22`)
  }
  const vitest = [toolScript('vitest', 'vitest'), 'run', ...args]
  const { code } = await executeNpm(['exec', '--yes', `--package=node@${version}`, '--', 'node', ...vitest])
  process.exitCode = code
})
