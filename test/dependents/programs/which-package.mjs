import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * Prints the name of the package that `dependent` gets when it asks for `name`, and throws unless that is the one this
 * program gets too, by `require` and by `import`.
 *
 * @param imported what `import` gives for `name`
 * @param dependent the URL of a module of that package
 */
export function printPackage(name, imported, dependent) {
  const require = createRequire(dependent)
  const own = createRequire(import.meta.url)
  if (require(name) !== own(name))
    throw new Error(`${dependent} gets another ${name}: ${require.resolve(name)}`)
  if (imported !== own(name)) {
    throw new Error(`\`import\` and \`require\` get different packages for ${name}`)
  }
  console.log(`${name} is ${packageOf(require.resolve(name))}`)
}

/** The name of the package that a file is of. */
function packageOf(file) {
  const folder = dirname(file)
  const manifest = join(folder, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).name : packageOf(folder)
}
