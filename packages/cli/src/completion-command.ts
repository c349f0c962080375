import type { Language } from './language.ts'
import { readArguments } from './usage/arguments.ts'
import { type Command, everywhere } from './usage/command.ts'
import { completionScript, type Shell, shells } from './usage/completion.ts'
import { WrongUse } from './wrong-use.ts'

export const completion: Command = {
  name: 'completion',
  words: 'bash|zsh|fish',
  says: { en: 'teaches the shell the commands and options', zh: '让 shell 能补全命令和选项' },
  completion: shells,
  options: everywhere,
  notes: {
    en: [
      'It prints a script: put it where the shell looks, or run it when the shell starts, as in the examples.',
    ],
    zh: ['它打印一个脚本：放到 shell 会读取的位置，或像示例那样在 shell 启动时运行。'],
  },
  examples: [
    'source <(bothways completion bash)',
    'source <(bothways completion zsh)',
    'bothways completion fish | source',
  ],
}

/** `bothways completion`: the script for a shell. */
export async function runCompletion(
  args: readonly string[],
  language: Language,
  commands: readonly Command[],
): Promise<number> {
  const [word, ...rest] = readArguments(args, everywhere).positionals
  const shell = shells.find(each => each === word)
  if (shell === undefined || rest.length > 0) {
    const got = [word, ...rest].join(' ')
    throw new WrongUse({
      en: `completion takes one of ${shells.join(', ')}, got '${got}'.`,
      zh: `completion 的参数是 ${shells.join('、')} 之一，收到“${got}”。`,
    })
  }
  process.stdout.write(completionScript(shell satisfies Shell, commands, language))
  return 0
}
