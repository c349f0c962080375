import Module, { createRequire, register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

// `node --import ./original.mjs program.mjs` gives every package the original `ws`, that of the repository's root, where
// otherwise it gets `@bothways/ws`. So the tests see that what they expect of the one is what the other does.

const root = new URL('../package.json', import.meta.url).href

/** For `import`: Node calls this in a thread of its own. */
export function resolve(specifier, context, nextResolve) {
  return nextResolve(specifier, specifier === 'ws' ? { ...context, parentURL: root } : context)
}

if (isMainThread) {
  register(import.meta.url)
  // For `require`, which those hooks do not reach.
  const original = createRequire(root).resolve('ws')
  const resolveFilename = Module._resolveFilename
  Module._resolveFilename = function (request, ...rest) {
    return request === 'ws' ? original : resolveFilename.call(this, request, ...rest)
  }
}
