import { posix } from 'node:path'

/** A folder or file of the sources and the imports that it may have besides itself. */
export interface Layer {
  /** From the root, such as `packages/bothways/src/server`. */
  readonly path: string
  /** Other layers' paths, or entries of packages. */
  readonly mayImport: readonly string[]
}

/**
 * Reads the picture of CONTRIBUTING.md: a line for each layer, an arrow, and the imports that it may have.
 *
 * @throws Error when there is no such picture
 */
export function readArrows(markdown: string): readonly Layer[] {
  const picture = /The arrow reads "may import"[^`]*```\n([\s\S]*?)```/.exec(markdown)?.[1]
  if (picture === undefined) throw new Error('There is no picture of the layers.')
  return picture
    .trimEnd()
    .split('\n')
    .map(line => {
      const [path = '', targets = ''] = line.split('→').map(part => part.trim())
      return { path, mayImport: targets === 'nothing' ? [] : targets.split(', ') }
    })
}

/** The layer that a path lies in: the most precise. */
function layerOf(path: string, layers: readonly Layer[]): Layer | undefined {
  return layers
    .filter(layer => path === layer.path || path.startsWith(`${layer.path}/`))
    .toSorted((a, b) => b.path.length - a.path.length)[0]
}

/** The modules that a source imports, types included, as it names them. */
export function importsOf(source: string): readonly string[] {
  const code = source.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  return [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(match => match[1] ?? '')
}

/** The file that a relative import names; a source of another package's it calls `.js`, since there TypeScript rewrites no `.ts`. */
function targetOf(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
}

/** The packages of this repository that other packages import by their name. */
const ownPackage = /^(bothways|@bothways\/)/

/**
 * The imports of a file that its layer may not have; and that it has no layer, if it has none. A variant for Node.js is
 * imported by nobody: the "imports" map of its package picks it.
 */
export function violations(path: string, source: string, layers: readonly Layer[]): readonly string[] {
  const layer = layerOf(path, layers)
  if (layer === undefined) return ['the file is of no layer']
  return importsOf(source).filter(specifier => {
    if (specifier.endsWith('.node.ts')) return true
    if (!specifier.startsWith('.')) {
      return ownPackage.test(specifier) && !layer.mayImport.includes(specifier)
    }
    const target = targetOf(path, specifier)
    if (layer.mayImport.includes(target)) return false
    const other = layerOf(target, layers)
    return other === undefined || (other !== layer && !layer.mayImport.includes(other.path))
  })
}

/** Files that import each other, directly or by others, types included: each circle once, as its files. */
export function circles(sources: ReadonlyMap<string, string>): readonly (readonly string[])[] {
  const imports = new Map(
    [...sources].map(([path, source]) => [
      path,
      importsOf(source)
        .filter(specifier => specifier.startsWith('.'))
        .map(specifier => targetOf(path, specifier))
        .filter(target => sources.has(target)),
    ]),
  )
  const reached = new Map([...imports.keys()].map(path => [path, reachable(path, imports)]))
  const seen = new Set<string>()
  const found: string[][] = []
  for (const path of imports.keys()) {
    if (seen.has(path) || !reached.get(path)?.has(path)) continue
    const circle = [...(reached.get(path) ?? [])].filter(other => reached.get(other)?.has(path))
    for (const member of circle) seen.add(member)
    found.push(circle.toSorted())
  }
  return found
}

function reachable(path: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>()
  const open = [...(imports.get(path) ?? [])]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue
    found.add(next)
    open.push(...(imports.get(next) ?? []))
  }
  return found
}
