import { build } from './build-workspace.mjs'
import { run } from './say.mjs'

await run(build)
