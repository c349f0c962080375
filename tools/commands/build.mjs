import { buildAll } from '../lib/build-workspace.mjs'
import { run } from '../lib/terminal.mjs'

await run(buildAll)
