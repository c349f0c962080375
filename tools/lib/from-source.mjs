import { register } from 'node:module'

/**
 * From here on `import` takes the packages from their TypeScript sources, so that nothing has to be built.
 *
 * @param mutation one of `test/mutation/mutations.mjs`: its file is read as if it said so; nothing is written
 */
export function importFromSource(mutation) {
  register('./source-hooks.mjs', import.meta.url, { data: { mutation } })
}
