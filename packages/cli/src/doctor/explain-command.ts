import type { Language } from '../language.ts'
import { readArguments } from '../usage/arguments.ts'
import { type Command, everywhere } from '../usage/command.ts'
import { WrongUse } from '../wrong-use.ts'
import { explain as explainText } from './explain/explain.ts'
import { jsonOption, print } from './outcome.ts'

const options = { ...jsonOption, ...everywhere } as const

export const explain: Command = {
  name: 'doctor explain',
  words: '"TEXT"',
  says: {
    en: 'what a message of a browser, Node.js or a library means; works offline',
    zh: '浏览器、Node.js 或某个库的报错是什么意思；无需联网',
  },
  options,
  notes: { en: [], zh: [] },
  examples: ['bothways doctor explain "Unexpected response code: 404"'],
}

export async function runExplain(args: readonly string[], language: Language): Promise<number> {
  const { values, positionals } = readArguments(args, options)
  if (positionals.length === 0)
    throw new WrongUse({
      en: "doctor explain takes a text in quotes, such as 'Unexpected response code: 404'.",
      zh: 'doctor explain 的参数是引号中的一段文字，例如“Unexpected response code: 404”。',
    })
  const text = positionals.join(' ')
  const url = /\b(?:wss?|https?):\/\/[^\s'"”’)>]+/.exec(text)?.[0] ?? ''
  return print(url, explainText(text, language), language, values.json === true, undefined)
}
