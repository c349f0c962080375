import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execute } from '../../tools/lib/spawn.mjs'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { Stop } from '../../tools/lib/terminal.mjs'

const source = join(import.meta.dirname, '..', 'load')

/**
 * Compiles the programs in `load/` for this machine.
 *
 * @returns where they lie, and how to remove them
 */
export async function compile(names) {
  const folder = mkdtempSync(join(tmpdir(), 'bothways-bench-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  for (const name of names) {
    const args = ['-O2', '-o', join(folder, name), join(source, `${name}.c`)]
    const { code, output } = await execute(systemPrograms().cc, args, { capture: true })
    if (code === 0) continue
    remove()
    throw new Stop(`${output}\n${name}.c could not be compiled.`)
  }
  return { path: name => join(folder, name), remove }
}
