import { readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { readJson } from './lock-file.mjs'
import { root } from './spawn.mjs'

// ES modules are what the packages are. For loaders that cannot `require` those, such as that of Jest, a package whose
// `exports` have the condition `require` also gets the file named there, made of the same sources, and its types.
//
// A package of very many modules is loaded by Node from one file as ES modules, too, which `module-sync` names. To load many costs
// more than time: what Node keeps of each, and throws away, makes V8 bound the heap of a small program so closely that every
// few hundred messages set off a collection of all of it.

/** The two kinds of files: which condition names them, and how they end. */
const commonjs = { format: 'cjs', extension: '.cjs', named: conditions => conditions.require?.default }
const esModule = {
  format: 'es',
  extension: '.mjs',
  named: conditions => (conditions.node ?? conditions)['module-sync']?.default,
}

/** The code that two entries of a package share: so it is there once, and its classes are the same in both. */
const shared = ({ extension }) => `dist/shared${extension}`

/**
 * The files that {@link buildBundles} makes of a package, as paths from the repository's root. A bundle may have a source map
 * beside it: a bundle that has no code of its own has none.
 */
export function bundleOutputs(folder, modules) {
  const bundles = [commonjs, esModule].flatMap(kind => {
    const files = entriesOf(folder, kind).map(({ file }) => file)
    if (files.length > 1) files.push(shared(kind))
    return files.map(file => `${folder}/${file}`)
  })
  const hasTypes = entriesOf(folder, commonjs).length > 0
  return [...bundles, ...(hasTypes ? modules.map(module => `${module}.d.cts`) : [])]
}

/** Makes the bundles, and the types of CommonJS; `modules` are the paths of what `tsc` has built, without `.d.ts`. */
export async function buildBundles(folder, modules) {
  for (const kind of [commonjs, esModule]) {
    const entries = entriesOf(folder, kind)
    if (entries.length > 0) await bundle(folder, entries, kind)
  }
  if (entriesOf(folder, commonjs).length === 0) return
  const { imports = {} } = readJson(join(root, folder, 'package.json'))
  for (const module of modules) {
    const types = readFileSync(join(root, `${module}.d.ts`), 'utf8')
    writeFileSync(join(root, `${module}.d.cts`), commonjsTypes(types, posix.dirname(module), folder, imports))
  }
}

/** The entries that a package's `exports` offer as bundles of a kind: the source, and the file in `dist`. */
function entriesOf(folder, { extension, named }) {
  const { exports = {} } = readJson(join(root, folder, 'package.json'))
  return Object.values(exports)
    .filter(conditions => named(conditions)?.endsWith(extension))
    .map(conditions => ({
      source: conditions['@bothways/source'],
      file: posix.normalize(named(conditions)),
    }))
}

async function bundle(folder, entries, kind) {
  const { format, extension } = kind
  const { rolldown } = await import('rolldown')
  const build = await rolldown({
    cwd: join(root, folder),
    input: Object.fromEntries(entries.map(({ source, file }) => [file.slice(0, -extension.length), source])),
    platform: 'node',
    // A module that is not of this package stays an import.
    external: (id, importer) => importer !== undefined && /^[^.#/\\]/.test(id) && !/^[a-z]:[\\/]/i.test(id),
    resolve: { conditionNames: ['@bothways/source'] },
    transform: { target: 'es2023' },
    tsconfig: false,
  })
  try {
    await build.write({
      dir: '.',
      format,
      exports: 'named',
      esModule: true,
      entryFileNames: `[name]${extension}`,
      // By its name: a fixed one would get a number.
      chunkFileNames: `dist/[name]${extension}`,
      codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
      sourcemap: true,
      sourcemapExcludeSources: true,
      // As `require` does with an ES module that has an export of this name.
      footer: chunk =>
        kind === commonjs && chunk.exports.includes('module.exports')
          ? "module.exports = exports['module.exports'];"
          : '',
    })
  } finally {
    await build.close()
  }
}

/** TypeScript takes a module's kind from its file's name: the types for `require` are the same text in `.d.cts`. */
function commonjsTypes(types, place, folder, imports) {
  // Without a default it is for programs that call what they `require`; the types have the names.
  const names = types.includes(' as default')
    ? types
    : types.replace(/^export \{ \w+ as 'module\.exports' \}.*;\n/m, '')
  const [, name, from] =
    /^export \{[^}]*\b(\w+) as 'module\.exports'[^}]*\}(?: from '(.+)')?;$/m.exec(names) ?? []
  const path = from ?? new RegExp(`^import \\{[^}]*\\b${name}\\b[^}]*\\} from '(.+)';$`, 'm').exec(types)?.[1]
  if (name !== undefined && path === undefined) throw new Error(`No import of ${name} in:\n${types}`)
  // Where one thing is all that `require` gives, the other names are its statics, and its namespace has their types.
  const text = name === undefined ? names : `import { ${name} } from '${path}';\nexport = ${name};\n`
  return text
    .replace(/(?<=["'])(\.{1,2}\/[^"'\n]+)\.[jt]s(?=["'])/g, '$1.cjs')
    .replace(/(?<=["'])#[\w-]+(?=["'])/g, alias => {
      const target = posix.join(folder, imports[alias].types).replace(/\.d\.ts$/, '.cjs')
      const relative = posix.relative(place, target)
      return relative.startsWith('.') ? relative : `./${relative}`
    })
}
