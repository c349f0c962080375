import type { Utf8Validator } from '../text/utf8-validator.ts'
import { Opcode } from './opcode.ts'
import type { PayloadBuffer } from './payload-buffer.ts'

/** The state that a receiver keeps of a frame or a message that does not lie whole where it reads. */
export class Unfinished {
  /** The beginning of a header that a chunk's end has cut. */
  header: Uint8Array | undefined
  headerLength = 0

  // The frame at hand.
  isInPayload = false
  isFinal = false
  opcode: number = Opcode.Continuation
  maskingKey = 0
  payloadBytes = 0
  /** How many bytes of the frame's payload have come. */
  payloadCame = 0

  // The data message at hand, from its first frame to its final one (§5.4).
  isInMessage = false
  messageNumber = 0
  fragmentCount = 0
  isText = false
  isCompressed = false
  message: PayloadBuffer | undefined
  utf8: Utf8Validator | undefined

  /** A control frame's payload that a chunk's end has cut; it may come amid a fragmented message (§5.4). */
  control: PayloadBuffer | undefined

  /** How long the message is by now. */
  get messageLength(): number {
    return this.message?.length ?? 0
  }

  /** Memory taken by what has come. */
  get heldBytes(): number {
    return (this.message?.capacity ?? 0) + (this.control?.capacity ?? 0)
  }

  /** Between two messages, and between two frames. */
  get isBlank(): boolean {
    return !this.isInPayload && !this.isInMessage && this.headerLength === 0
  }
}

let lastMessageNumber = 0

/** Counts the messages of all receivers that did not come in one piece. */
export function nextMessageNumber(): number {
  return ++lastMessageNumber
}

/** A blank one that nobody uses: most frames are read whole before the next receiver begins with one. */
let spare: Unfinished | undefined

export function takeUnfinished(): Unfinished {
  const taken = spare ?? new Unfinished()
  spare = undefined
  return taken
}

/** @param blank which the caller uses no more */
export function giveBack(blank: Unfinished): void {
  blank.utf8 = undefined
  spare = blank
}
