import type { Interface } from 'node:readline'
import type { Words } from '../language.ts'
import { WrongUse } from '../wrong-use.ts'
import type { ConnectOptions } from './connect-options.ts'
import { converse } from './converse.ts'
import { describeEvent, eventAsJson } from './describe-event.ts'
import { openPrompt } from './prompt.ts'
import { Screen } from './screen.ts'
import { parseLine, payloadOf, unknownCommand } from './terminal-line.ts'

const help: Words = {
  en: `Every line is sent as a message. Commands:
  /ping                 measure the round-trip time
  /text MESSAGE         send text, also one that begins with a slash
  /hex 00 ff …          send bytes
  /file PATH            send a file's bytes
  /close [CODE] [TEXT]  close with a code (1000, 3000-4999) and a reason
  /quit                 close and leave, as Ctrl-D and Ctrl-C do; a second Ctrl-C cuts the connection`,
  zh: `每一行作为一条消息发送。命令：
  /ping                 测量往返时间
  /text MESSAGE         发送文本，包括以斜杠开头的
  /hex 00 ff …          发送二进制
  /file PATH            发送文件内容（二进制）
  /close [CODE] [TEXT]  用关闭码（1000、3000-4999）和原因关闭
  /quit                 关闭并离开，Ctrl-D 和 Ctrl-C 也一样；再按一次 Ctrl-C 则切断连接`,
}

/** A session on a terminal: its events appear above the line that is being typed. */
export async function runTerminal(options: ConnectOptions): Promise<number> {
  const prompt = openPrompt()
  try {
    return await talk(options, prompt)
  } finally {
    prompt.close()
  }
}

async function talk(options: ConnectOptions, prompt: Interface): Promise<number> {
  const { isVerbose, isBinary, isJson, language } = options
  const isColored = !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  const screen = new Screen(prompt, process.stdout)
  let hasFailed = false

  const session = converse(options, event => {
    if (event.type === 'error') hasFailed = true
    if (event.type === 'open') hasFailed = false
    if (event.type === 'close' && !options.reconnects) screen.stopPrompting()
    const date = new Date()
    const text = isJson
      ? eventAsJson(event, date, isVerbose)
      : describeEvent(event, date, { isColored, isVerbose, language })
    if (text !== undefined) screen.show(text)
  })

  screen.startPrompting()
  // Lines wait for the connection, and for those before them.
  let earlier: Promise<unknown> = session.opened
  prompt.on('line', line => {
    earlier = earlier.then(() => run(line))
  })
  prompt.on('SIGINT', () => leave())
  prompt.on('close', () => {
    if (session.isOpen) earlier = earlier.then(() => session.close(1000))
    else session.close(1000)
  })

  if (await session.opened) {
    if (!isJson) screen.show({ en: 'Type a message, or /help.', zh: '输入消息，或 /help。' }[language])
    await session.closed
  }
  return hasFailed ? 1 : 0

  function leave(): void {
    if (session.isOpen) session.close(1000)
    else session.terminate()
  }

  async function run(line: string): Promise<void> {
    if (!session.isOpen && !(await session.ready())) return
    try {
      await enter(line)
    } catch (error) {
      screen.show(error instanceof WrongUse ? error.words[language] : (error as Error).message)
    }
  }

  async function enter(line: string): Promise<void> {
    // An acknowledgement is a line of its own kind, from a pipe as well.
    if (options.socketIo !== undefined && /^\/ack\b/.test(line)) return await send(line)
    const command = parseLine(line)
    const payload = await payloadOf(command, isBinary)
    if (payload !== undefined) return await send(payload)
    switch (command.type) {
      case 'nothing':
        return
      case 'ping':
        // Lines typed meanwhile need not wait for the pong.
        void session.ping()
        return
      case 'close':
        session.close(command.code, command.reason)
        return
      case 'quit':
        session.close(1000)
        return
      case 'help':
        screen.show(help[language])
        return
      case 'unknown':
        throw unknownCommand(command)
    }
  }

  async function send(payload: string | Uint8Array): Promise<void> {
    session.send(payload)
    await session.hasRoom()
  }
}
