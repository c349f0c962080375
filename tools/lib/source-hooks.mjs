// The hooks that `from-source.mjs` puts into Node's loader: they run in a thread of their own.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'rolldown/utils'
import { applyMutation } from '../../test/mutation/apply-mutation.mjs'

const sourceCondition = '@bothways/source'
const root = new URL('../../', import.meta.url).href

let mutation

export function initialize(data) {
  mutation = data.mutation
}

export function resolve(specifier, context, nextResolve) {
  return nextResolve(specifier, { ...context, conditions: [sourceCondition, ...context.conditions] })
}

export function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context)
  const path = fileURLToPath(url)
  let source = readFileSync(path, 'utf8')
  if (mutation !== undefined && url === root + mutation.file) source = applyMutation(source, mutation)
  const { code, errors } = transformSync(path, source)
  if (errors.length > 0) throw errors[0]
  return { format: 'module', shortCircuit: true, source: code }
}
