import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Stop } from './say.mjs'
import { execute, root } from './spawn.mjs'

const folder = join(root, 'node_modules', 'bun')

/**
 * Puts Bun's program where its command looks for it. Scripts of dependencies do not run (`.npmrc`): of those we
 * have, only Bun's is needed, and others would need a compiler where nobody has built their addon before.
 */
export async function prepareBun() {
  const program = join(folder, 'bin', 'bun.exe')
  // Until then there is a script of a few lines that says what is missing.
  if (!existsSync(program) || statSync(program).size > 10_000) return
  const { code, output } = await execute(process.execPath, ['install.js'], { cwd: folder, capture: true })
  if (code !== 0)
    throw new Stop(`${output}\nBun, which the tests of interoperation run, could not be set up.`)
}
