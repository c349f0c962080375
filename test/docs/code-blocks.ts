import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)

export interface CodeBlock {
  /** `docs/reference/server.md:12` */
  readonly where: string
  readonly language: string
  readonly code: string
}

/** The fenced blocks of a page, in order. */
export async function codeBlocks(page: string, language?: string): Promise<CodeBlock[]> {
  const text = await readFile(new URL(page, root), 'utf8')
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .map(match => ({
      where: `${page}:${text.slice(0, match.index).split('\n').length + 1}`,
      language: match[1] ?? '',
      code: match[2] ?? '',
    }))
    .filter(block => language === undefined || block.language === language)
}

/** A folder inside the repository, so that what lies in it finds the packages by their names. */
export async function withFolder<Result>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(fileURLToPath(new URL('node_modules/.docs-', root)))
  try {
    await writeFile(`${folder}/package.json`, '{ "type": "module" }')
    for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text)
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
