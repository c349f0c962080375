import type { Message } from 'bothways'
import { eventAsObject } from '../connect/describe-event.ts'
import { LineSplitter } from '../connect/line-splitter.ts'
import { isOnTerminal, openPrompt } from '../connect/prompt.ts'
import { Screen } from '../connect/screen.ts'
import type { Payload } from '../connect/session-event.ts'
import { parseLine, payloadOf, unknownCommand } from '../connect/terminal-line.ts'
import type { Language, Words } from '../language.ts'
import { listenFailure } from '../listen-failure.ts'
import { clientEventInWords } from '../log-of-clients.ts'
import { highestPayloadBytes } from '../payload-limits.ts'
import { expectNoWords, readArguments, readHost, readPort, readWhole } from '../usage/arguments.ts'
import { type Command, everywhere } from '../usage/command.ts'
import { hostOption, maxPayloadOption, portOption } from '../usage/listening.ts'
import { WrongUse } from '../wrong-use.ts'
import { Listener } from './listener.ts'

const options = {
  port: portOption(9001),
  host: hostOption,
  once: {
    type: 'boolean',
    says: { en: 'end when the first client has left', zh: '第一个客户端离开后结束' },
  },
  binary: {
    type: 'boolean',
    says: { en: 'send every line as bytes instead of text', zh: '把每一行作为二进制而不是文本发送' },
  },
  json: {
    type: 'boolean',
    says: {
      en: 'print one JSON object for each event, with the number of its client; bytes are base64',
      zh: '每个事件打印一个 JSON 对象，带客户端编号；二进制用 base64 表示',
    },
  },
  'no-compression': {
    type: 'boolean',
    says: { en: 'do not agree to permessage-deflate', zh: '不启用 permessage-deflate 压缩' },
  },
  'max-payload': maxPayloadOption,
  ...everywhere,
} as const

export const listen: Command = {
  name: 'listen',
  words: '',
  says: {
    en: 'a server that you answer by hand: shows who connects and what comes',
    zh: '由您手动应答的服务器：显示谁连接、收到什么',
  },
  options,
  notes: {
    en: [
      'On a terminal every line is sent to all clients; /2 MESSAGE sends to client 2 alone, and /help lists the commands.',
      'From or into a pipe every line is sent to all clients and waits for the first; every message that comes is printed on a line of its own, bytes in hex; all else goes to standard error. It ends on Ctrl-C, or with `--once`.',
      'It takes connections on every path and from any page, and the first subprotocol that is offered.',
    ],
    zh: [
      '在终端上，每一行都发送给所有客户端；/2 MESSAGE 只发送给 2 号客户端，/help 列出全部命令。',
      '从管道读取或输出到管道时，每一行都发送给所有客户端，并会等待第一个客户端；收到的每条消息各占一行，二进制用十六进制表示；其余内容写到标准错误。按 Ctrl-C 结束，或使用 `--once`。',
      '它在任何路径上接受来自任何页面的连接，并选用对方提供的第一个子协议。',
    ],
  },
  examples: [
    'bothways listen',
    'bothways listen --port 0 --once --json > events.ndjson',
    'tail -f log | bothways listen --port 9001',
  ],
}

const help: Words = {
  en: `Every line is sent to all clients. Commands:
  /2 MESSAGE            send to client 2 alone; /2 stands before any other command, too
  /ping                 measure the round-trip time
  /text MESSAGE         send text, also one that begins with a slash
  /hex 00 ff …          send bytes
  /file PATH            send a file's bytes
  /close [CODE] [TEXT]  close with a code (1000, 3000-4999) and a reason
  /quit                 disconnect everybody and leave, as Ctrl-D and Ctrl-C do`,
  zh: `每一行都发送给所有客户端。命令：
  /2 MESSAGE            只发送给 2 号客户端；/2 也可放在其他命令之前
  /ping                 测量往返时间
  /text MESSAGE         发送文本，包括以斜杠开头的
  /hex 00 ff …          发送二进制
  /file PATH            发送文件内容（二进制）
  /close [CODE] [TEXT]  用关闭码（1000、3000-4999）和原因关闭
  /quit                 断开所有客户端并离开，Ctrl-D 和 Ctrl-C 也一样`,
}

interface Show {
  /** Shows a text that is no message. */
  readonly note: (text: string) => void
  readonly message: (client: number, message: Message) => void
}

/** `bothways listen`: a server that is answered by hand. */
export async function runListen(args: readonly string[], language: Language): Promise<number> {
  const { values, positionals } = readArguments(args, options)
  expectNoWords(positionals)
  const where = { port: readPort(values.port), host: readHost(values.host) }
  const maxMessageBytes = readWhole('--max-payload', values['max-payload'], 0, highestPayloadBytes)
  const { json = false, binary = false, once = false } = values
  let finish = (): void => {}
  const finished = new Promise<void>(resolve => {
    finish = resolve
  })
  const prompt = isOnTerminal() ? openPrompt() : undefined
  const screen = prompt && new Screen(prompt, process.stdout)
  const show = screen === undefined ? showOnPipe(json, finish) : showOnScreen(screen, language, json)

  const listener = new Listener(
    {
      compression: !values['no-compression'] && { contextTakeover: true, peerContextTakeover: true },
      maxMessageBytes,
    },
    {
      opened(client, { protocol, extensions, remoteAddress, remotePort, request }) {
        const { path } = request
        const event = { type: 'open', client, path, protocol, extensions, remoteAddress, remotePort } as const
        show.note(json ? stamped(event) : clientEventInWords(event, language))
      },
      received: show.message,
      closed(client, code, reason) {
        const event = { type: 'close', client, code, reason } as const
        show.note(json ? stamped(event) : clientEventInWords(event, language))
        if (once) finish()
      },
    },
  )
  const url = await listener.listen(where).catch(error => {
    prompt?.close()
    throw listenFailure(error, where.host, where.port)
  })
  // The second signal finds no listener, and ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, finish)
  const ready = `Bothways is listening on ${url}`
  if (screen === undefined) process.stderr.write(`${ready}\n`)
  else screen.show(ready)

  if (prompt === undefined || screen === undefined) void sendInput(listener, binary, finished)
  else {
    screen.startPrompting()
    let earlier: Promise<void> = Promise.resolve()
    prompt.on('line', line => {
      earlier = earlier.then(() => enter(line, listener, binary, screen, language, finish))
    })
    prompt.on('SIGINT', finish)
    prompt.on('close', finish)
  }
  await finished
  screen?.stopPrompting()
  prompt?.close()
  process.stdin.destroy()
  await listener.close()
  return 0
}

function showOnScreen(screen: Screen, language: Language, isJson: boolean): Show {
  return {
    note: text => screen.show(text),
    message(client, message) {
      const event = { type: 'received', client, payload: message } as const
      screen.show(isJson ? stamped({ client, ...eventAsObject(event) }) : clientEventInWords(event, language))
    },
  }
}

function showOnPipe(isJson: boolean, finish: () => void): Show {
  // A reader that leaves, as `head` does, has seen enough.
  process.stdout.on('error', finish)
  return {
    note: text => (isJson ? process.stdout : process.stderr).write(`${text}\n`),
    message(client, message) {
      if (isJson) {
        const event = eventAsObject({ type: 'received', payload: message })
        process.stdout.write(`${stamped({ client, ...event })}\n`)
      } else {
        process.stdout.write(`${typeof message === 'string' ? message : message.toString('hex')}\n`)
      }
    },
  }
}

function stamped(event: object): string {
  return JSON.stringify({ time: new Date().toISOString(), ...event })
}

/** Sends each line of standard input to everybody; the first waits for somebody. */
async function sendInput(listener: Listener, isBinary: boolean, finished: Promise<void>): Promise<void> {
  const splitter = new LineSplitter()
  const send = async (line: Buffer): Promise<void> => {
    await Promise.race([listener.someClient(), finished])
    await listener.send(isBinary ? line : line.toString('utf8').replace(/\r$/, ''))
  }
  try {
    for await (const chunk of process.stdin) for (const line of splitter.push(chunk)) await send(line)
    const rest = splitter.end()
    if (rest !== undefined) await send(rest)
  } catch {
    // The input was ended by leaving.
  }
}

/** Does what a typed line asks for; a mistake in the line is shown. */
async function enter(
  line: string,
  listener: Listener,
  isBinary: boolean,
  screen: Screen,
  language: Language,
  finish: () => void,
): Promise<void> {
  const [, number, rest] = /^\/(\d+)\s?(.*)$/s.exec(line) ?? []
  const client = number === undefined ? undefined : Number(number)
  const send = (payload: Payload) => listener.send(payload, client)
  try {
    if (client !== undefined && !listener.has(client)) {
      throw new WrongUse({ en: `There is no client ${client}.`, zh: `没有 ${client} 号客户端。` })
    }
    const command = parseLine(rest ?? line)
    const payload = await payloadOf(command, isBinary)
    if (payload !== undefined) return await send(payload)
    switch (command.type) {
      case 'nothing':
        return
      case 'ping':
        // Lines typed meanwhile need not wait for the pong.
        void listener.ping(client, (number, milliseconds) => {
          screen.show(clientEventInWords({ type: 'round-trip', client: number, milliseconds }, language))
        })
        return
      case 'close':
        listener.closeClients(client, command.code, command.reason)
        return
      case 'quit':
        finish()
        return
      case 'help':
        screen.show(help[language])
        return
      case 'unknown':
        throw unknownCommand(command)
    }
  } catch (error) {
    screen.show(error instanceof WrongUse ? error.words[language] : (error as Error).message)
  }
}
