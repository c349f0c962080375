const { createRequire } = require('node:module')

// With ORIGINAL=yes the tests get the packages of the repository's root, as with original.mjs.
const root = createRequire(require.resolve('../../../package.json'))
const names = process.env.ORIGINAL ? ['ws', 'websocket', 'nodejs-websocket'] : []

module.exports = {
  // The files are what Node.js runs: nothing to compile.
  transform: {},
  watchman: false,
  moduleNameMapper: Object.fromEntries(names.map(name => [`^${name}$`, root.resolve(name)])),
}
