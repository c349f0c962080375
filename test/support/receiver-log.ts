import { isDeepStrictEqual } from 'node:util'
import {
  createReadMemory,
  type LimitError,
  ProtocolViolation,
  type ReceivedMessage,
  Receiver,
  type ReceiverHandler,
  type ReceiverOptions,
} from '@bothways/protocol'
import { toHex } from './bytes.ts'

/** An event that a receiver told its handler, in a form that reads well in a table and compares by value. */
export type ReceiverEvent =
  | readonly ['text', string]
  | readonly ['binary', string]
  | readonly ['compressed text' | 'compressed binary', string]
  | readonly ['ping' | 'pong', string]
  | readonly ['close', number, string]
  | readonly ['violation', string, number]

/** A handler that writes down what it is told. Payloads are copied at once, as text or in hexadecimal. */
export class ReceiverLog implements ReceiverHandler {
  readonly events: ReceiverEvent[] = []

  onMessage(message: ReceivedMessage): void {
    const { isText, isCompressed } = message
    if (isText && !isCompressed) this.events.push(['text', message.text()])
    else this.events.push([nameOf(isText, isCompressed), toHex(message.bytes())])
  }

  onPing(payload: Uint8Array): void {
    this.events.push(['ping', toHex(payload)])
  }

  onPong(payload: Uint8Array): void {
    this.events.push(['pong', toHex(payload)])
  }

  onClose(code: number, reason: string): void {
    this.events.push(['close', code, reason])
  }

  onViolation(error: ProtocolViolation | LimitError): void {
    const closeCode = error instanceof ProtocolViolation ? error.closeCode : 1009
    this.events.push(['violation', error.code, closeCode])
  }
}

function nameOf(isText: boolean, isCompressed: boolean): 'compressed text' | 'compressed binary' | 'binary' {
  if (!isCompressed) return 'binary'
  return isText ? 'compressed text' : 'compressed binary'
}

/** Everything that a new receiver reports for these chunks; the same whether they are its own or borrowed. */
export function receive(chunks: readonly Uint8Array[], options: ReceiverOptions): ReceiverEvent[] {
  const borrowed = receiveBorrowed(chunks, options)
  const log = new ReceiverLog()
  const receiver = new Receiver(log, options)
  for (const chunk of chunks) receiver.push(chunk)
  if (!isDeepStrictEqual(borrowed, log.events)) {
    throw new Error(`From borrowed memory: ${JSON.stringify(borrowed)}, else ${JSON.stringify(log.events)}.`)
  }
  return log.events
}

const memory = createReadMemory(64 * 1024)

/** Each chunk lies in memory that is used again, at once, for something else. */
function receiveBorrowed(chunks: readonly Uint8Array[], options: ReceiverOptions): ReceiverEvent[] {
  const log = new ReceiverLog()
  const receiver = new Receiver(log, options)
  for (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += memory.bytes.length) {
      const part = chunk.subarray(start, start + memory.bytes.length)
      memory.bytes.set(part)
      receiver.read(memory, part.length)
      memory.bytes.fill(0xee, 0, part.length)
    }
  }
  return log.events
}
