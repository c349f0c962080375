import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as imported from 'ws'

/**
 * Prints the name of the package that `dependent` gets when it asks for ws, and throws unless that is the one this
 * program gets too, by `require` and by `import`.
 *
 * @param dependent the URL of a module of that package
 */
export function printWs(dependent) {
  const require = createRequire(dependent)
  const own = createRequire(import.meta.url)
  if (require('ws') !== own('ws')) throw new Error(`${dependent} gets another ws: ${require.resolve('ws')}`)
  if (imported.default !== own('ws')) throw new Error('`import` and `require` get different packages for ws')
  console.log(`ws is ${packageOf(require.resolve('ws'))}`)
}

/** The name of the package that a file is of. */
function packageOf(file) {
  const folder = dirname(file)
  const manifest = join(folder, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).name : packageOf(folder)
}
