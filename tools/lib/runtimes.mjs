import { join } from 'node:path'
import { install } from './install.mjs'
import { execute, root } from './spawn.mjs'
import { Stop } from './terminal.mjs'

const modules = join(root, 'test/runtimes/node_modules')

/** The commands, once {@link prepareRuntimes} has been awaited. */
export const bun = join(modules, '.bin', 'bun')
export const deno = join(modules, '.bin', 'deno')

/** The script of each package that puts the runtime's own program where the command of that name leads. */
const scripts = { bun: 'install.js', deno: 'install.cjs' }

/**
 * Installs Bun and Deno, and makes their commands start those programs themselves. Without their scripts, which do
 * not run at install, the one does nothing, the other starts its program as a child that outlives a signal.
 */
export async function prepareRuntimes() {
  await install('test/runtimes')
  for (const [name, script] of Object.entries(scripts)) {
    const { code, output } = await execute(process.execPath, [script], {
      cwd: join(modules, name),
      capture: true,
    })
    if (code !== 0) throw new Stop(`${output}\n${name} could not be set up.`)
  }
}
