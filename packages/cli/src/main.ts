import { readFileSync } from 'node:fs'
import { isBothwaysError, UsageError } from 'bothways'
import { runConnect } from './connect/connect-command.ts'
import { runDoctor } from './doctor/doctor-command.ts'
import { runEcho } from './echo-command.ts'
import { type CommandName, helpText } from './help.ts'
import { suggestion } from './nearest.ts'
import { runServe } from './serve-command.ts'
import { Failure, WrongUse } from './wrong-use.ts'

const commands: Readonly<Record<CommandName, (args: readonly string[]) => Promise<number>>> = {
  serve: runServe,
  echo: runEcho,
  connect: runConnect,
  doctor: runDoctor,
}

/**
 * Runs one command to its end.
 *
 * @param argv what stands behind the program's name
 * @returns the exit code: 0 done, 1 it could not be done, 2 wrong use
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      process.stdout.write(helpText(isCommand(args[0]) ? args[0] : undefined))
      return name === undefined ? 2 : 0
    }
    if (name === '--version' || name === '-V') {
      console.log(version())
      return 0
    }
    if (!isCommand(name)) {
      if (name.startsWith('-')) {
        const near = suggestion(name.replace(/^-+/, ''), ['help', 'version'], '--')
        throw new WrongUse(`There is no option ${name} before a command${near}`)
      }
      throw new WrongUse(`There is no command '${name}'${suggestion(name, Object.keys(commands))}`)
    }
    if (args.includes('--help') || args.includes('-h')) {
      process.stdout.write(helpText(name))
      return 0
    }
    return await commands[name](args)
  } catch (error) {
    // What the library calls a wrong call was typed here.
    if (error instanceof WrongUse || error instanceof UsageError) {
      console.error(`${error.message}\nSee: bothways ${isCommand(name) ? `${name} ` : ''}--help`)
      return 2
    }
    if (error instanceof Failure || isBothwaysError(error)) {
      console.error(error.message)
      return 1
    }
    throw error
  }
}

function isCommand(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(commands, name)
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return version
}
