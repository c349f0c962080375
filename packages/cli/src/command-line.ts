import { type ParseArgsConfig, parseArgs } from 'node:util'
import { suggestion } from './nearest.ts'
import { WrongUse } from './wrong-use.ts'

type OptionsConfig = NonNullable<ParseArgsConfig['options']>

/** What a command was given: the words that are no options, and the options by name. */
export type CommandLine<Options extends OptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true; strict: true }>
>

/**
 * Reads a command's arguments.
 *
 * @throws WrongUse for an option that does not exist, naming the nearest that does, or lacks its value
 */
export function readCommandLine<const Options extends OptionsConfig>(
  args: readonly string[],
  options: Options,
): CommandLine<Options> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const unknown = /'(-[^' ]*)/.exec(message)?.[1] ?? ''
      const near = suggestion(unknown.replace(/^-+/, ''), Object.keys(options), '--')
      throw new WrongUse(`There is no option ${unknown}${near}`, { cause: error })
    }
    if (error instanceof TypeError) throw new WrongUse(message.split('\n')[0], { cause: error })
    throw error
  }
}

/** @throws WrongUse for anything but a whole number in the range */
export function readWhole(name: string, text: string, lowest: number, highest: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value
  throw new WrongUse(`${name} takes a whole number from ${lowest} to ${highest}, got '${text}'.`)
}

export function readPort(text: string): number {
  return readWhole('--port', text, 0, 65_535)
}

/** An empty host would mean every network: too much for a variable that happens to be unset. */
export function readHost(text: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1')
  if (host !== '' && !/[\s/]/.test(host)) return host
  throw new WrongUse(
    `--host takes a name or an address of this machine, got '${text}': 127.0.0.1 for itself alone, 0.0.0.0 or :: for every network.`,
  )
}

/** @throws WrongUse when there are words besides the options */
export function expectNoWords(words: readonly string[]): void {
  if (words.length > 0) throw new WrongUse(`Nothing is to stand beside the options, got '${words[0]}'.`)
}
