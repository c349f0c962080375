const { existsSync, readFileSync } = require('node:fs')
const { basename, dirname, join } = require('node:path')

/** The package that a file is of, and the file, where it is ours. */
exports.which = file => {
  let folder = dirname(file)
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return name.startsWith('@bothways/') ? `${name} ${basename(file)}` : name
}

/** The package, and for ours the file, that this run is to get for a name. */
exports.expected = (name, file) => (process.env.ORIGINAL ? name : `@bothways/${name} ${file}`)
