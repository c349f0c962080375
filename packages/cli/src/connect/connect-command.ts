import type { Language } from '../language.ts'
import { WrongUse } from '../wrong-use.ts'
import { type ConnectOptions, readConnectOptions } from './connect-options.ts'
import { runPipe } from './pipe.ts'
import { isOnTerminal } from './prompt.ts'
import { runTerminal } from './terminal.ts'

/** `bothways connect URL`: interactive on a terminal, line by line from or into a pipe. */
export async function runConnect(args: readonly string[], language: Language): Promise<number> {
  const options = readConnectOptions(args, language)
  if (options.notice !== undefined) console.error(options.notice[language])
  try {
    const isTyped = isOnTerminal() && options.execute.length === 0
    return isTyped ? await runTerminal(options) : await runPipe(options)
  } catch (error) {
    throw inWords(error, options)
  }
}

/** The standard's exceptions for a URL or a subprotocol are wrong use of the command line. */
function inWords(error: unknown, { url }: ConnectOptions): unknown {
  if (!(error instanceof DOMException)) return error
  return new WrongUse({
    en: `${error.message} (URL: ${url})`,
    zh: `URL 或子协议有误：${error.message}（URL：${url}）`,
  })
}
