import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { commands } from '../../packages/cli/dist/usage/commands.js'
import { withReferenceTables } from '../../packages/cli/dist/usage/reference.js'

// Writes the tables of options into the reference of the command line. Run `npm run build` first.
for (const [language, path] of [
  ['en', '../../docs/reference/command-line.md'],
  ['zh', '../../docs/zh/reference/command-line.md'],
]) {
  const file = fileURLToPath(new URL(path, import.meta.url))
  writeFileSync(file, withReferenceTables(readFileSync(file, 'utf8'), commands, language))
}
