import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { executeTool, root } from './spawn.mjs'

/**
 * Compiles the TypeScript projects of a tsconfig.json's references: those that have changed, and all from nothing if that
 * fails. `tsc -b` trusts the output of projects that it takes for up to date, and the output of other sources, such as
 * those before a pull, may contradict the sources of now.
 *
 * @param folders of the projects, whose output is in `dist`, from `base`
 * @returns whether everything compiles; the compiler's messages of the last try go to the terminal
 */
export async function compile(folders, base = root) {
  const outputs = folders.map(folder => join(base, folder, 'dist'))
  const hadOutput = outputs.some(existsSync)
  const first = await build(base, hadOutput)
  if (first.code === 0) return true
  if (!hadOutput) return false
  for (const output of outputs) rmSync(output, { recursive: true, force: true })
  const { code } = await build(base, false)
  return code === 0
}

function build(base, capture) {
  return executeTool('typescript', 'tsc', ['-b', join(base, 'tsconfig.json')], { capture })
}
