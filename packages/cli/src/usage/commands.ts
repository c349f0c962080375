import { asyncapi } from '../asyncapi/asyncapi-command.ts'
import { chaos } from '../chaos/chaos-command.ts'
import { completion } from '../completion-command.ts'
import { connect } from '../connect/connect-options.ts'
import { behind } from '../doctor/behind-command.ts'
import { doctor } from '../doctor/doctor-command.ts'
import { explain } from '../doctor/explain-command.ts'
import { echo } from '../echo-command.ts'
import { listen } from '../listen/listen-command.ts'
import { serve } from '../serve-command.ts'
import type { Command } from './command.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  serve,
  echo,
  connect,
  chaos,
  listen,
  doctor,
  explain,
  behind,
  asyncapi,
  completion,
]

/** The command that the first words name; `doctor explain` before `doctor`. */
export function commandNamed(words: readonly string[]): Command | undefined {
  const [first, second] = words
  return (
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first)
  )
}
