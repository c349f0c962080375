import type { Language, Words } from '../language.ts'
import type { Command, Option } from './command.ts'
import { commands } from './commands.ts'
import { columns, wrap } from './wrap.ts'

const lineColumns = 118
const optionColumns = 24

const words = {
  title: {
    en: 'bothways: WebSocket servers and clients on the command line',
    zh: 'bothways：命令行上的 WebSocket 服务器与客户端',
  },
  each: { en: 'what a command can do, with examples', zh: '某个命令的用法和示例' },
  tryIt: { en: 'Try it in two terminals:', zh: '在两个终端里试一试：' },
  default: { en: '; default: ', zh: '；默认：' },
  colon: { en: ': ', zh: '：' },
} as const satisfies Record<string, Words>

/** The text that `bothways --help` prints. */
export function generalHelp(language: Language): string {
  const rows = commands.map(command => ({ call: callOf(command), says: command.says[language] }))
  rows.push({ call: 'bothways COMMAND --help', says: words.each[language] })
  const left = Math.max(...rows.map(({ call }) => call.length)) + 2
  const lines = rows.flatMap(({ call, says }) => hanging(`  ${call.padEnd(left)}`, says, left + 2))
  const example = ['  bothways echo', '  bothways connect ws://127.0.0.1:9001/']
  return `${[words.title[language], '', ...lines, '  bothways --version', '', words.tryIt[language], '', ...example].join('\n')}\n`
}

/** The text that `bothways COMMAND --help` prints. */
export function commandHelp(command: Command, language: Language): string {
  const { options, says, notes, examples } = command
  const title = hanging(`${callOf(command)}${words.colon[language]}`, plain(says[language]), 2)
  const rows = Object.entries(options).flatMap(([name, option]) =>
    hanging(callOfOption(name, option), plain(optionText(option, language))),
  )
  const paragraphs = notes[language].flatMap(note => [...wrap(plain(note), lineColumns), ''])
  return `${[...title, '', ...rows, '', ...paragraphs, ...examples.map(each => `  ${each}`)].join('\n')}\n`
}

export function callOf({ name, words }: Command): string {
  return `bothways ${name}${words === '' ? '' : ` ${words}`}`
}

/** The description of an option, and what holds without it. */
export function optionText(option: Option, language: Language): string {
  const without = option.without?.[language] ?? option.default
  return `${option.says[language]}${without === undefined ? '' : `${words.default[language]}${without}`}`
}

function callOfOption(name: string, { short, value }: Option): string {
  const shortForm = short === undefined ? '    ' : `-${short}, `
  const text = `  ${shortForm}--${name}${value === undefined ? '' : ` ${value}`}`
  return text.length < optionColumns ? text.padEnd(optionColumns) : `${text}  `
}

/** A text beside the words it explains; further lines stand below its own beginning. */
function hanging(left: string, text: string, indent: number = optionColumns): string[] {
  const [first = '', ...rest] = wrap(text, lineColumns - columns(left))
  const others = rest.length === 0 ? [] : wrap(text.slice(first.length).trimStart(), lineColumns - indent)
  return [`${left}${first}`, ...others.map(line => `${' '.repeat(indent)}${line}`)]
}

/** Backticks are for pages. */
function plain(text: string): string {
  return text.replaceAll('`', '')
}
