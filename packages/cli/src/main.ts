import { readFileSync } from 'node:fs'
import { isBothwaysError, UsageError } from 'bothways'
import { runAsyncApi } from './asyncapi/asyncapi-command.ts'
import { runChaos } from './chaos/chaos-command.ts'
import { runCompletion } from './completion-command.ts'
import { runConnect } from './connect/connect-command.ts'
import { runDoctor } from './doctor/doctor-command.ts'
import { runEcho } from './echo-command.ts'
import { type Language, localeLanguage } from './language.ts'
import { runListen } from './listen/listen-command.ts'
import { suggestion } from './nearest.ts'
import { runServe } from './serve-command.ts'
import { languageOption } from './usage/arguments.ts'
import { commandNamed, commands } from './usage/commands.ts'
import { commandHelp, generalHelp } from './usage/help.ts'
import { Failure, WrongUse } from './wrong-use.ts'

type Run = (args: readonly string[], language: Language) => Promise<number>

const runs: Readonly<Record<string, Run>> = {
  serve: runServe,
  echo: runEcho,
  connect: runConnect,
  chaos: runChaos,
  listen: runListen,
  doctor: runDoctor,
  asyncapi: runAsyncApi,
  completion: (args, language) => runCompletion(args, language, commands),
}

/**
 * Runs one command to its end.
 *
 * @param argv the arguments behind the program's name
 * @returns the exit code: 0 done, 1 it could not be done, 2 wrong use
 */
export async function main(argv: readonly string[]): Promise<number> {
  const words = withoutLeadingLanguage(argv)
  const [name, ...args] = words
  let language = localeLanguage(process.env)
  try {
    language = languageOption(argv) ?? language
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      process.stdout.write(help(args, language))
      return name === undefined ? 2 : 0
    }
    if (name === '--version' || name === '-V') {
      console.log(version())
      return 0
    }
    const run = Object.hasOwn(runs, name) ? runs[name] : undefined
    if (run === undefined) throw noCommand(name)
    if (args.includes('--help') || args.includes('-h')) {
      process.stdout.write(help(words, language))
      return 0
    }
    return await run(args, language)
  } catch (error) {
    if (error instanceof Failure) {
      console.error(error.words[language])
      return 1
    }
    // The wrong call that the library reports was typed here.
    if (error instanceof WrongUse || error instanceof UsageError) {
      const text = error instanceof WrongUse ? error.words[language] : ofLibrary(error, language)
      const command = commandNamed(words)
      const see = { en: 'See: ', zh: '参见：' }
      console.error(
        `${text}\n${see[language]}bothways ${command === undefined ? '' : `${command.name} `}--help`,
      )
      return 2
    }
    if (isBothwaysError(error)) {
      console.error(ofLibrary(error, language))
      return 1
    }
    throw error
  }
}

function help(words: readonly string[], language: Language): string {
  const command = commandNamed(words)
  return command === undefined ? generalHelp(language) : commandHelp(command, language)
}

/** The library speaks English; its code leads to a page of the documentation. */
function ofLibrary({ message }: Error, language: Language): string {
  return language === 'zh' ? `库报错：${message}` : message
}

function noCommand(name: string): WrongUse {
  if (name.startsWith('-')) {
    const near = suggestion(name.replace(/^-+/, ''), ['help', 'version', 'lang'], '--')
    return new WrongUse({
      en: `There is no option ${name} before a command${near.en}`,
      zh: `命令之前没有选项 ${name}${near.zh}`,
    })
  }
  const near = suggestion(name, Object.keys(runs))
  return new WrongUse({ en: `There is no command '${name}'${near.en}`, zh: `没有命令“${name}”${near.zh}` })
}

/** `bothways --lang zh connect …` is as good as `bothways connect … --lang zh`. */
function withoutLeadingLanguage(argv: readonly string[]): readonly string[] {
  if (argv[0] === '--lang') return withoutLeadingLanguage(argv.slice(2))
  if (argv[0]?.startsWith('--lang=')) return withoutLeadingLanguage(argv.slice(1))
  return argv
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return version
}
