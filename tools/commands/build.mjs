import { build } from '../lib/build-workspace.mjs'
import { run } from '../lib/say.mjs'

await run(build)
