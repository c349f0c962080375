import { createInterface } from 'node:readline'
import type { ConnectOptions } from './connect-options.ts'
import { describeEvent, eventAsJson } from './describe-event.ts'
import { Session } from './session.ts'
import type { Payload, SessionEvent } from './session-event.ts'

/**
 * Sends every line that comes from a pipe and prints every message that comes back, and nothing else, on standard
 * output. What happens besides goes to standard error.
 */
export async function runPipe(options: ConnectOptions): Promise<number> {
  const { isBinary, isJson, isVerbose, waitMs } = options
  let lineCount = 0
  let replyCount = 0
  let isInputOver = false
  let hasFailed = false
  let lastReplyAtMs = performance.now()
  let onReplies = (): void => {}

  const session = new Session(options, event => {
    if (event.type === 'received') {
      replyCount++
      lastReplyAtMs = performance.now()
    }
    hasFailed ||= event.type === 'error'
    print(event)
    if (isInputOver && replyCount >= lineCount) onReplies()
  })

  function print(event: SessionEvent): void {
    if (isJson) process.stdout.write(`${eventAsJson(event, new Date())}\n`)
    else if (event.type === 'received') process.stdout.write(`${messageLine(event.payload)}\n`)
    else if (event.type !== 'sent' && (event.type !== 'open' || isVerbose)) {
      const text = describeEvent(event, new Date(), { isColored: false, isVerbose })
      const isOrdinary = event.type === 'close' && event.by === 'us'
      if (text !== undefined && (!isOrdinary || isVerbose)) process.stderr.write(`${text}\n`)
    }
  }

  if (!(await session.opened)) return 1
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!session.isOpen) break
    session.send(isBinary ? Buffer.from(line) : line)
    lineCount++
    await session.hasRoom()
  }
  isInputOver = true

  await Promise.race([session.closed, repliesOrQuiet()])
  const wasOpen = session.isOpen
  session.close(1000)
  await session.closed
  return wasOpen && !hasFailed ? 0 : 1

  /** As many replies as lines, or none for a while: a server need not answer each line. */
  async function repliesOrQuiet(): Promise<void> {
    if (lineCount > 0 && replyCount >= lineCount) return
    lastReplyAtMs = performance.now()
    await new Promise<void>(resolve => {
      if (lineCount > 0) onReplies = resolve
      const timer = setInterval(() => {
        if (performance.now() - lastReplyAtMs < waitMs) return
        clearInterval(timer)
        resolve()
      }, 50).unref()
    })
  }
}

/** A message on one line: line breaks inside would look like two messages, so bytes are hex and text is as it came. */
function messageLine(payload: Payload): string {
  return typeof payload === 'string' ? payload : Buffer.from(payload).toString('hex')
}
