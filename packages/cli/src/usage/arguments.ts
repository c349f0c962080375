import { parseArgs } from 'node:util'
import { type Language, languageIn } from '../language.ts'
import { suggestion } from '../nearest.ts'
import { WrongUse } from '../wrong-use.ts'
import type { OptionTable } from './command.ts'

/** The arguments of a command: the words that are no options, and the options by name. */
export type Arguments<Options extends OptionTable> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true; strict: true }>
>

/**
 * Reads a command's arguments.
 *
 * @throws WrongUse for an option that does not exist, naming the nearest that does, or lacks its value
 */
export function readArguments<const Options extends OptionTable>(
  args: readonly string[],
  options: Options,
): Arguments<Options> {
  const config = { args: [...args], options, allowPositionals: true } as const
  // Node's own check comes after ours, whose words exist in every language.
  const { tokens } = parseArgs({ ...config, strict: false, tokens: true })
  for (const token of tokens) if (token.kind === 'option') checkOption(token, options)
  return parseArgs({ ...config, strict: true })
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken, options: OptionTable): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) {
    const meant = Object.keys(options).find(it => options[it]?.elsewhere?.includes(name))
    const near = suggestion(meant ?? name, Object.keys(options), '--')
    throw new WrongUse({
      en: `There is no option ${rawName}${near.en}`,
      zh: `没有选项 ${rawName}${near.zh}`,
    })
  }
  if (option.type === 'boolean') {
    if (value === undefined) return
    throw new WrongUse({
      en: `--${name} takes no value, got '${value}'.`,
      zh: `--${name} 不带值，收到“${value}”。`,
    })
  }
  const placeholder = option.value ?? 'VALUE'
  if (value === undefined) {
    throw new WrongUse({
      en: `--${name} takes a value: --${name} ${placeholder}.`,
      zh: `--${name} 需要一个值：--${name} ${placeholder}。`,
    })
  }
  if (value.startsWith('-') && value !== '-' && inlineValue !== true) {
    throw new WrongUse({
      en: `--${name} takes a value, and '${value}' looks like an option: write --${name}=${value} if it is meant.`,
      zh: `--${name} 需要一个值，而“${value}”像是一个选项：若确实如此，请写成 --${name}=${value}。`,
    })
  }
}

/** The language that `--lang` names, wherever it stands; undefined without it. Later ones count. */
export function languageOption(args: readonly string[]): Language | undefined {
  const end = args.indexOf('--')
  let found: Language | undefined
  for (const [at, arg] of (end === -1 ? args : args.slice(0, end)).entries()) {
    const tag = arg === '--lang' ? args[at + 1] : /^--lang=(.*)$/s.exec(arg)?.[1]
    if (tag === undefined) continue
    found = languageIn(tag)
    if (found === undefined) {
      throw new WrongUse({
        en: `--lang takes en or zh, got '${tag}'.`,
        zh: `--lang 的值是 en 或 zh，收到“${tag}”。`,
      })
    }
  }
  return found
}

/** @throws WrongUse for anything but a whole number in the range */
export function readWhole(name: string, text: string, lowest: number, highest: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value
  throw new WrongUse({
    en: `${name} takes a whole number from ${lowest} to ${highest}, got '${text}'.`,
    zh: `${name} 的值是 ${lowest} 到 ${highest} 的整数，收到“${text}”。`,
  })
}

/** @throws WrongUse for anything but a number of seconds */
export function readSeconds(name: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new WrongUse({
    en: `${name} takes a number of seconds, got '${text}'.`,
    zh: `${name} 的值是秒数，收到“${text}”。`,
  })
}

export function readPort(text: string, name = '--port'): number {
  return readWhole(name, text, 0, 65_535)
}

/** An empty host would mean every network: too much for a variable that happens to be unset. */
export function readHost(text: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1')
  if (host !== '' && !/[\s/]/.test(host)) return host
  throw new WrongUse({
    en: `--host takes a name or an address of this machine, got '${text}': 127.0.0.1 for itself alone, 0.0.0.0 or :: for every network.`,
    zh: `--host 的值是本机的名称或地址，收到“${text}”：127.0.0.1 仅限本机，0.0.0.0 或 :: 表示所有网络。`,
  })
}

/** @throws WrongUse when there are words besides the options */
export function expectNoWords(words: readonly string[]): void {
  if (words.length === 0) return
  throw new WrongUse({
    en: `Nothing is to stand beside the options, got '${words[0]}'.`,
    zh: `除选项外不应有其他参数，收到“${words[0]}”。`,
  })
}
