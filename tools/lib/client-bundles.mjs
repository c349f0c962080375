import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './spawn.mjs'

// npm's `socket.io` brings the bundles of its client along in `client-dist`, from where programs and pages take them.
// The drop-in does the same, with the bundles of the `socket.io-client` that the tests use, under their own licence.

// `@bothways/client` brings itself along as one file, for pages without a bundler.

const source = 'node_modules/socket.io-client'
const target = 'drop-ins/socket.io/client-dist'
const clientEntry = 'packages/client/dist/index.js'
const clientBundle = 'packages/client/client-dist/client.js'

function bundles() {
  return readdirSync(join(root, source, 'dist')).filter(name => name.startsWith('socket.io.'))
}

/** The files that {@link makeClientBundles} makes, as paths from the repository's root. */
export function clientBundleOutputs() {
  return [...[...bundles(), 'LICENSE'].map(name => `${target}/${name}`), clientBundle]
}

export async function makeClientBundles() {
  mkdirSync(join(root, target), { recursive: true })
  for (const name of bundles()) copyFileSync(join(root, source, 'dist', name), join(root, target, name))
  copyFileSync(join(root, source, 'LICENSE'), join(root, target, 'LICENSE'))
  const { rolldown } = await import('rolldown')
  const build = await rolldown({ cwd: root, input: clientEntry, platform: 'browser', tsconfig: false })
  try {
    await build.write({ file: join(root, clientBundle), format: 'es', minify: true })
  } finally {
    await build.close()
  }
}
