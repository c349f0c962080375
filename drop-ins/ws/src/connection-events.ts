import { Buffer } from 'node:buffer'
import { CloseCode, type LimitError, type ProtocolViolation } from '@bothways/protocol'
import {
  type CloseFrame,
  type ConnectionHandler,
  type Disconnect,
  ownBytes,
  ReadyState,
} from 'bothways/connection'
import { throwLater } from 'bothways/drop-in'
import { wsError } from './failures.ts'
import { asBinaryType, givenBytes } from './payload.ts'
import { ownState, type SocketState } from './socket-state.ts'

/** Turns the calls of a connection into the events of its `WebSocket`. */
export class ConnectionEvents implements ConnectionHandler {
  readonly #socket: SocketState
  readonly #isSynchronous: boolean
  /** Events that wait for their turns of the event loop, one for each. */
  readonly #deferred: (() => void)[] = []

  /** @param isSynchronous events may follow each other in one turn of the event loop */
  constructor(socket: SocketState, isSynchronous: boolean) {
    this.#socket = socket
    this.#isSynchronous = isSynchronous
  }

  /** An event waits for its turn, and nothing is read before. */
  get isDeferring(): boolean {
    return this.#deferred.length > 0
  }

  onMessage(message: string | Buffer, _byteLength: number, isText: boolean): void {
    if (!this.#isSynchronous) {
      this.#deliver(() => this.#emitMessage(message as Buffer, isText))
      return
    }
    try {
      this.#emitMessage(message as Buffer, isText)
    } catch (error) {
      throwLater(error)
    }
  }

  onPing(payload: Buffer): void {
    this.#answer(payload)
    this.#deliver(() => this.#socket.emit('ping', givenBytes(payload)))
  }

  onPong(payload: Buffer): void {
    this.#deliver(() => this.#socket.emit('pong', givenBytes(payload)))
  }

  onClosing(received: CloseFrame | undefined): void {
    this.#socket._readyState = ReadyState.Closing
    if (received === undefined) return
    this.#guard(() => this.#socket[ownState].receiver?.emit('conclude', received.code, reasonBytes(received)))
  }

  /** By the socket's own method, which a program may have replaced by one that does more. */
  onCloseDue({ code, reason }: CloseFrame, received: CloseFrame | undefined): void {
    if (received !== undefined) this.#noteReceived(received)
    this.#guard(() => {
      if (code === CloseCode.NoStatusReceived) this.#socket.close()
      else if (received === undefined) this.#socket.close(code)
      else this.#socket.close(code, Buffer.from(reason))
    })
  }

  onViolation(error: ProtocolViolation | LimitError): void {
    this.#inTurn(() => this.#fail(wsError(error)))
  }

  onClose(disconnect: Disconnect): void {
    this.#inTurn(() => this.#close(disconnect))
  }

  #close({ by, error, sent, received }: Disconnect): void {
    const socket = this.#socket
    // Not the network's errors: they end a connection, and `close` says so.
    if (by === 'policy' && error !== undefined) this.#fail(error)
    socket._closeFrameSent = sent !== undefined
    if (received !== undefined) this.#noteReceived(received)
    this.#guard(() => socket.emitClose())
  }

  #noteReceived(received: CloseFrame): void {
    const socket = this.#socket
    socket._closeFrameReceived = true
    socket._closeCode = received.code
    socket._closeMessage = reasonBytes(received)
  }

  #emitMessage(message: Buffer, isText: boolean): void {
    const socket = this.#socket
    socket.emit('message', isText ? givenBytes(message) : asBinaryType(message, socket._binaryType), !isText)
  }

  #answer(payload: Buffer): void {
    const socket = this.#socket
    const { autoPong = true, maxPendingAutoPongs = 0 } = socket[ownState].options
    if (!autoPong || socket._readyState !== ReadyState.Open) return
    if (maxPendingAutoPongs > 0 && socket[ownState].pendingAutoPongs >= maxPendingAutoPongs) {
      socket.terminate()
      return
    }
    socket[ownState].pendingAutoPongs++
    socket.pong(payload, !socket._isServer, () => {
      socket[ownState].pendingAutoPongs--
    })
  }

  #fail(error: Error): void {
    if (this.#socket._errorEmitted) return
    this.#socket._errorEmitted = true
    this.#guard(() => this.#socket.emit('error', error))
  }

  #deliver(emit: () => void): void {
    if (this.#isSynchronous) {
      this.#guard(emit)
      return
    }
    this.#defer(emit)
    this.#socket[ownState].connection?.pause()
  }

  /** Behind the events that wait for their turns. */
  #inTurn(work: () => void): void {
    if (this.#deferred.length > 0) this.#defer(work)
    else work()
  }

  #defer(emit: () => void): void {
    if (this.#deferred.push(emit) === 1) setImmediate(() => this.#emitDeferred())
  }

  #emitDeferred(): void {
    const emit = this.#deferred.shift()
    // Before it is emitted, since its listener may ask for the next one.
    if (this.#deferred.length > 0) setImmediate(() => this.#emitDeferred())
    if (emit !== undefined) this.#guard(emit)
    if (!this.#socket._paused && this.#deferred.length === 0) this.#socket[ownState].connection?.resume()
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      throwLater(error)
    }
  }
}

function reasonBytes({ reason }: CloseFrame): Buffer {
  return givenBytes(ownBytes(Buffer.from(reason)))
}
