import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { nearest } from '../nearest.ts'
import type { ConnectOptions } from './connect-options.ts'
import { describeEvent, eventAsJson } from './describe-event.ts'
import { Session } from './session.ts'
import { parseLine } from './terminal-line.ts'

const help = `Every line is sent as a message. Commands:
  /ping                 measure the round-trip time
  /text MESSAGE         send text, also one that begins with a slash
  /hex 00 ff …          send bytes
  /file PATH            send a file's bytes
  /close [CODE] [TEXT]  close with a code (1000, 3000-4999) and a reason
  /quit                 leave at once
`

/** A session on a terminal: what comes appears above the line that is being typed. */
export async function runTerminal(options: ConnectOptions): Promise<number> {
  const isColored = process.stdout.isTTY && process.env.NO_COLOR === undefined
  const prompt = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: '> ',
    historySize: 1_000,
  })
  let hasFailed = false

  function show(text: string): void {
    process.stdout.write(`\r\u001b[K${text}\n`)
    if (isPrompting) prompt.prompt(true)
  }
  let isPrompting = false

  const session = new Session(options, event => {
    hasFailed ||= event.type === 'error'
    const date = new Date()
    const text = options.isJson
      ? eventAsJson(event, date)
      : describeEvent(event, date, { isColored, isVerbose: options.isVerbose })
    if (text !== undefined) show(text)
  })

  prompt.on('SIGINT', () => (session.isOpen ? session.close(1000) : session.terminate()))
  if (!(await session.opened)) {
    prompt.close()
    return 1
  }
  isPrompting = true
  show('Type a message, or /help.')
  prompt.on('line', line => void run(line))
  prompt.on('close', () => session.isOpen && session.close(1000))
  await session.closed
  isPrompting = false
  prompt.close()
  return hasFailed ? 1 : 0

  async function run(line: string): Promise<void> {
    try {
      await obey(line)
    } catch (error) {
      show((error as Error).message)
    }
    if (isPrompting) prompt.prompt()
  }

  async function obey(line: string): Promise<void> {
    const command = parseLine(line)
    switch (command.type) {
      case 'nothing':
        return
      case 'send':
        session.send(options.isBinary ? Buffer.from(command.text) : command.text)
        return
      case 'bytes':
        session.send(command.bytes)
        return
      case 'file':
        session.send(await readFile(command.path))
        return
      case 'ping':
        await session.ping()
        return
      case 'close':
        session.close(command.code, command.reason)
        return
      case 'quit':
        session.terminate()
        return
      case 'help':
        show(help)
        return
      case 'unknown':
        show(
          `There is no command ${command.name}; did you mean /${nearest(command.name, command.known)}? /help lists them.`,
        )
    }
  }
}
