import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Contract, createHub } from 'bothways'
import type { Language } from '../language.ts'
import { readArguments } from '../usage/arguments.ts'
import { type Command, everywhere } from '../usage/command.ts'
import { Failure, WrongUse } from '../wrong-use.ts'
import { asyncApi, type DocumentInfo } from './document.ts'

export const asyncapi: Command = {
  name: 'asyncapi',
  words: 'MODULE',
  says: {
    en: 'the contract of your topics as an AsyncAPI 3 document',
    zh: '把主题的契约打印成 AsyncAPI 3 文档',
  },
  completion: 'file',
  options: everywhere,
  notes: {
    en: [
      'MODULE is a file whose export `contract`, or default export, is what `createHub` takes as its contract. It is run. Title and version come from the nearest package.json.',
      'The schemas say themselves what they are: those of zod and ArkType, those of valibot through `toStandardJsonSchema`. Where one cannot, any JSON stands in its place, and standard error says so.',
    ],
    zh: [
      'MODULE 是一个文件，它的导出 `contract` 或默认导出就是交给 `createHub` 的契约。该文件会被执行。标题和版本取自最近的 package.json。',
      '模式自己说明自己：zod 和 ArkType 直接可以，valibot 要经过 `toStandardJsonSchema`。说不出来的，以任意 JSON 代替，并在标准错误上说明。',
    ],
  },
  examples: ['bothways asyncapi contract.js > asyncapi.json'],
}

/** `bothways asyncapi`: prints the document. */
export async function runAsyncApi(args: readonly string[], language: Language): Promise<number> {
  const { positionals } = readArguments(args, everywhere)
  const [given, ...more] = positionals
  if (given === undefined || more.length > 0) {
    throw new WrongUse({
      en: `asyncapi takes one file, such as contract.js, got '${positionals.join(' ')}'.`,
      zh: `asyncapi 需要一个文件，例如 contract.js，收到“${positionals.join(' ')}”。`,
    })
  }
  const file = resolve(given)
  const contract = await contractIn(file)
  // Says what is wrong with it, as it would at the program's start.
  await createHub({ contract }).close({ spreadMs: 0 })
  const document = asyncApi(contract, infoOf(file), language, (what, schema) => {
    const { vendor } = schema['~standard']
    console.error(
      language === 'zh'
        ? `${what}：它的模式（${vendor}）给不出 JSON Schema，以任意 JSON 代替。`
        : `${what}: its schema (${vendor}) says no JSON Schema; any JSON stands in its place.`,
    )
  })
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
  return 0
}

/** @throws Failure where there is none */
async function contractIn(file: string): Promise<Contract> {
  const module: Record<string, unknown> = await import(pathToFileURL(file).href).catch((error: Error) => {
    throw new Failure({
      en: `${file} cannot be loaded: ${error.message}`,
      zh: `无法加载 ${file}：${error.message}`,
    })
  })
  const found = module.contract ?? module.default
  if (typeof found === 'object' && found !== null && ('topics' in found || 'methods' in found)) {
    return found as Contract
  }
  throw new Failure({
    en: `${file} exports no contract: as 'contract' or by default, an object with topics or methods.`,
    zh: `${file} 没有导出契约：以“contract”为名或作为默认导出，一个带有 topics 或 methods 的对象。`,
  })
}

function infoOf(file: string): DocumentInfo {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest)) {
      const { name, version } = JSON.parse(readFileSync(manifest, 'utf8'))
      return { title: String(name ?? basename(folder)), version: String(version ?? '0.0.0') }
    }
    if (folder === dirname(folder)) return { title: basename(file, extname(file)), version: '0.0.0' }
  }
}
