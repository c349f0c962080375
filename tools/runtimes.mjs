import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Stop } from './say.mjs'
import { execute, root } from './spawn.mjs'

/** The script of each package that puts the runtime's own program where the command of that name leads. */
const scripts = { bun: 'install.js', deno: 'install.cjs' }

/**
 * Makes the commands `bun` and `deno` start those programs themselves. Without this the one does nothing, the
 * other starts its program as a child that outlives a signal.
 *
 * Scripts of dependencies do not run at install (`.npmrc`). Of those we have, only these two are needed, and
 * others would want a compiler on systems that their authors have not built for.
 */
export async function prepareRuntimes() {
  for (const [name, script] of Object.entries(scripts)) {
    const cwd = join(root, 'node_modules', name)
    if (!existsSync(cwd)) continue
    const { code, output } = await execute(process.execPath, [script], { cwd, capture: true })
    if (code !== 0)
      throw new Stop(`${output}\n${name}, which the tests of interoperation run, could not be set up.`)
  }
}
