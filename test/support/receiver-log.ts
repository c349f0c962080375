import {
  decodeUtf8,
  type LimitError,
  ProtocolViolation,
  Receiver,
  type ReceiverHandler,
  type ReceiverOptions,
} from '@bothways/protocol'
import { toHex } from './bytes.ts'

/** What a receiver told its handler, in a form that reads well in a table and compares by value. */
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

  onMessage(payload: Uint8Array, isText: boolean, isCompressed: boolean): void {
    if (isCompressed) this.events.push([isText ? 'compressed text' : 'compressed binary', toHex(payload)])
    else this.events.push(isText ? ['text', decodeUtf8(payload)] : ['binary', toHex(payload)])
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

/** Everything that a new receiver reports for these chunks. */
export function receive(chunks: readonly Uint8Array[], options: ReceiverOptions): ReceiverEvent[] {
  const log = new ReceiverLog()
  const receiver = new Receiver(log, options)
  for (const chunk of chunks) receiver.push(chunk)
  return log.events
}
