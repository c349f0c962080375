import type { Language } from '../language.ts'
import type { Command, Option } from './command.ts'
import { callOf, optionText } from './help.ts'

const heads = { en: '| option | what |', zh: '| 选项 | 作用 |' } as const

/** A command's heading and table, as the pages of the documentation have them. */
export function referenceTable(command: Command, language: Language): string {
  const rows = Object.entries(command.options).map(
    ([name, option]) => `| ${callsOf(name, option)} | ${cell(optionText(option, language))} |`,
  )
  return [`## \`${callOf(command)}\``, '', heads[language], '| --- | --- |', ...rows].join('\n')
}

/** Puts each command's table of today in the place of the one that a page has. */
export function withReferenceTables(page: string, commands: readonly Command[], language: Language): string {
  return commands.reduce((text, command) => {
    const heading = `## \`bothways ${command.name}${command.words === '' ? '`' : ' '}`
    const start = text.indexOf(`\n${heading}`)
    const table = referenceTable(command, language)
    if (start === -1) return `${text.trimEnd()}\n\n${table}\n`
    const head = text.indexOf('\n| ', start)
    const end = /\n(?!\|)/.exec(text.slice(head + 1))
    const [title = '', , ...rows] = table.split('\n')
    const between = text.slice(text.indexOf('\n', start + 1), head)
    return `${text.slice(0, start + 1)}${title}${between}\n${rows.join('\n')}${text.slice(head + 1 + (end?.index ?? text.length))}`
  }, page)
}

function callsOf(name: string, { short, value }: Option): string {
  const long = `\`--${name}${value === undefined ? '' : ` ${value}`}\``
  return cell(short === undefined ? long : `\`-${short}\`, ${long}`)
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
