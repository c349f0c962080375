import { readFile } from 'node:fs/promises'
import { suggestion } from '../nearest.ts'
import { WrongUse } from '../wrong-use.ts'

/** The action that a line typed on the terminal asks for. */
export type TerminalCommand =
  | { readonly type: 'nothing' | 'ping' | 'quit' | 'help' }
  | { readonly type: 'send'; readonly text: string }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'close'; readonly code: number | undefined; readonly reason: string | undefined }
  | { readonly type: 'unknown'; readonly name: string; readonly known: readonly string[] }

const known = ['ping', 'text', 'hex', 'file', 'close', 'quit', 'help']

/** @throws WrongUse saying what is wrong with the arguments of a command */
export function parseLine(line: string): TerminalCommand {
  if (line === '') return { type: 'nothing' }
  if (!line.startsWith('/')) return { type: 'send', text: line }
  const [, name = '', rest = ''] = /^\/(\S*)\s?(.*)$/s.exec(line) ?? []
  switch (name) {
    case 'ping':
    case 'quit':
    case 'help':
      return { type: name }
    case 'text':
      return { type: 'send', text: rest }
    case 'hex':
      return { type: 'bytes', bytes: parseHex(rest) }
    case 'file':
      if (rest.trim() === '') throw new WrongUse({ en: '/file takes a path.', zh: '/file 需要一个路径。' })
      return { type: 'file', path: rest.trim() }
    case 'close': {
      const [, code, reason] = /^(\d+)?\s*(.*)$/.exec(rest.trim()) ?? []
      return {
        type: 'close',
        code: code === undefined ? undefined : Number(code),
        reason: reason || undefined,
      }
    }
    default:
      return { type: 'unknown', name, known }
  }
}

/** The payload that a command sends; undefined for one that sends nothing. Rejects when a file cannot be read. */
export async function payloadOf(
  command: TerminalCommand,
  isBinary: boolean,
): Promise<string | Uint8Array | undefined> {
  if (command.type === 'send') return isBinary ? Buffer.from(command.text) : command.text
  if (command.type === 'bytes') return command.bytes
  return command.type === 'file' ? await readFile(command.path) : undefined
}

/** The error for a command that does not exist. */
export function unknownCommand({
  name,
  known,
}: {
  readonly name: string
  readonly known: readonly string[]
}): WrongUse {
  const near = suggestion(name, known, '/')
  return new WrongUse({
    en: `There is no command /${name}${near.en} /help lists them, /text sends what begins with a slash.`,
    zh: `没有命令 /${name}${near.zh} /help 列出全部命令，/text 发送以斜杠开头的内容。`,
  })
}

/** The completer that `readline` calls for the tab key. */
export function completeCommand(line: string): [string[], string] {
  const commands = known.map(name => `/${name}`)
  return [line.startsWith('/') ? commands.filter(name => name.startsWith(line)) : [], line]
}

function parseHex(text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:,]|0x/g, '')
  if (digits === '' || digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) {
    throw new WrongUse({
      en: '/hex takes pairs of hexadecimal digits, such as 00 ff 7f.',
      zh: '/hex 的值是成对的十六进制数字，例如 00 ff 7f。',
    })
  }
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}
