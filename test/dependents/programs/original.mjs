import Module, { createRequire, register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

// `node --import ./original.mjs program.mjs` gives every package the originals, those of the repository's root, where
// otherwise it gets ours. So the tests see that what they expect of the one is what the other does.

const root = new URL('../../../package.json', import.meta.url).href
const names = ['ws', 'websocket', 'nodejs-websocket']

/** For `import`: Node calls this in a thread of its own. */
export function resolve(specifier, context, nextResolve) {
  return nextResolve(specifier, names.includes(specifier) ? { ...context, parentURL: root } : context)
}

if (isMainThread) {
  register(import.meta.url)
  // For `require`, which those hooks do not reach.
  const require = createRequire(root)
  const originals = new Map(names.map(name => [name, require.resolve(name)]))
  const resolveFilename = Module._resolveFilename
  Module._resolveFilename = function (request, ...rest) {
    return originals.get(request) ?? resolveFilename.call(this, request, ...rest)
  }
}
