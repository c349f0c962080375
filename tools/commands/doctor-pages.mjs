import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  findingCodes,
  pageName,
  renderIndex,
  renderPage,
} from '../../packages/cli/dist/doctor/catalogue/page.js'

// Writes the documentation's pages of the doctor's findings from its catalogue. Run `npm run build` first.
const docs = join(dirname(fileURLToPath(import.meta.url)), '../../docs')

for (const [language, folder] of [
  ['en', join(docs, 'doctor')],
  ['zh', join(docs, 'zh/doctor')],
]) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'README.md'), renderIndex(language))
  for (const code of findingCodes) writeFileSync(join(folder, pageName(code)), renderPage(code, language))
}
