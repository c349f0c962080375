import type { Publication } from './publication.ts'
import type { SendOutcome } from './send-outcome.ts'
import type { SharedBytes } from './shared-bytes.ts'
import { type Turn, type TurnWriter, turnOfProcess } from './turn.ts'

/** With more, it goes out before the turn ends. */
const muchBytes = 64 * 1024

/** Whom its messages are for. */
interface Recipient {
  sendShared(message: Publication, fanOut?: FanOut): SendOutcome
}

/** The maker of the frames of one connection. */
export interface FrameMaker {
  readonly settings: { readonly highWaterMarkBytes: number }
  /** Too much waits for all connections together. */
  readonly isTotalExceeded: boolean
  /** The frame that this and all others that {@link makesSameAs} make of a publication, if it is ready. */
  sharedFrame(publication: Publication): SharedBytes | undefined
  /** Whether its settings and its frames are the same. */
  makesSameAs(other: FrameMaker): boolean
}

/** One connection's part in it. */
export interface FanOutMember {
  /** It is to send by itself from here on, behind what all members have got so far. */
  leaveFanOut(): void
  /** These pieces go out, and those that wait are kept. They do not change any more. */
  writeFanOut(pieces: readonly SharedBytes[]): void
}

/**
 * The messages published in one turn of the event loop to connections that have nothing else to send: they are kept once for
 * all connections, so that a further message costs the same however many these are. A connection that has something else to
 * send takes the messages so far along, and leaves. At the turn's end each that is left writes all of them at once.
 */
export class FanOut implements TurnWriter {
  readonly #turn: Turn
  readonly #size: number
  readonly #onSent: (count: number, bytes: number) => void
  /** Those that go along, and at the same places the recipients of their messages. A member that has left is undefined. */
  #members: (FanOutMember | undefined)[] = []
  #recipients: (Recipient | undefined)[] = []
  #joinedCount = 0
  #memberCount = 0
  #strays: Recipient[] = []
  /** The one that most likely leaves next: many leave in the order in which they have joined. */
  #nextLeaver = 0
  #pieces: SharedBytes[] = []
  #bytes = 0
  /** At most the members' high-water mark: up to it there is room with all of them. */
  #limitBytes = 0
  #isOver = false
  /** The recipient that is asked to join, and the message with which it is asked. */
  #asked: Recipient | undefined
  #first: Publication | undefined
  /** One of them: all make the same frames. */
  #sender: FrameMaker | undefined

  /**
   * @param size so many may join
   * @param onSent told how many have got a message by {@link send}, and its payload's length
   */
  constructor(size: number, onSent: (count: number, bytes: number) => void, turn: Turn = turnOfProcess()) {
    this.#size = size
    this.#onSent = onSent
    this.#turn = turn
  }

  /** Bytes that each member has to write. */
  get bytes(): number {
    return this.#bytes
  }

  get pieces(): readonly SharedBytes[] {
    return this.#pieces
  }

  /** Those that do not go along, or do no more: each message is sent to each of them. */
  get strays(): readonly Recipient[] {
    return this.#strays
  }

  /** Sends the first message to one more, which may join with that. */
  offer(message: Publication, recipient: Recipient): SendOutcome {
    const before = this.#joinedCount
    this.#first = message
    this.#asked = recipient
    const outcome = recipient.sendShared(message, this)
    if (this.#joinedCount === before) this.leaveOut(recipient)
    return outcome
  }

  /** A recipient that does not get the first message. */
  leaveOut(recipient: Recipient): void {
    this.#strays.push(recipient)
  }

  /**
   * Sends a further message to all who go along, but to `except`.
   *
   * @returns how many they are; undefined: it is over, each is to be asked
   */
  send(message: Publication, except: Recipient | undefined): number | undefined {
    if (except !== undefined) this.#members[this.#recipients.indexOf(except)]?.leaveFanOut()
    const sender = this.#sender
    if (sender === undefined || this.#memberCount === 0 || sender.isTotalExceeded) return undefined
    const frame = sender.sharedFrame(message)
    if (frame === undefined) return undefined
    if (this.#bytes + frame.length > this.#limitBytes) this.onTurnEnd()
    else this.#turn.addShared(this, frame)
    if (this.#isOver) return undefined
    this.#onSent(this.#memberCount, message.payload.length)
    return this.#memberCount
  }

  // --- the connections' side

  /** Whether a connection would send the same as the members. */
  admits(sender: FrameMaker): boolean {
    if (this.#isOver || this.#asked === undefined) return false
    const first = this.#sender
    if (first === undefined) return this.#begin(sender)
    return sender.makesSameAs(first) && !sender.isTotalExceeded
  }

  /** The recipient that was asked is `member`'s. */
  join(member: FanOutMember): void {
    const at = this.#joinedCount++
    this.#members[at] = member
    this.#recipients[at] = this.#asked
    this.#asked = undefined
    this.#memberCount++
    this.#turn.expectWrite()
  }

  /** `member` sends by itself from here on. */
  leave(member: FanOutMember): void {
    let at = this.#nextLeaver
    if (this.#members[at] !== member) at = this.#members.indexOf(member)
    this.#nextLeaver = at + 1
    this.#members[at] = undefined
    this.#memberCount--
    this.#strays.push(this.#recipients[at]!)
  }

  // --- the turn's side

  addPiece(piece: SharedBytes): void {
    this.#pieces.push(piece)
    this.#bytes += piece.length
  }

  onTurnEnd(): void {
    if (this.#isOver) return
    this.#isOver = true
    const members = this.#members
    for (let at = 0; at < this.#joinedCount; at++) members[at]?.writeFanOut(this.#pieces)
    // Its topic keeps it until the next publish, and with it nobody and nothing.
    this.#members = []
    this.#recipients = []
    this.#strays = []
    this.#pieces = []
    this.#first = undefined
    this.#sender = undefined
  }

  #begin(sender: FrameMaker): boolean {
    if (sender.isTotalExceeded) return false
    const limitBytes = Math.min(muchBytes, sender.settings.highWaterMarkBytes)
    const frame = sender.sharedFrame(this.#first!)
    if (frame === undefined || frame.length > limitBytes) return false
    this.#turn.join(this)
    this.#turn.addShared(this, frame)
    if (this.#isOver) return false
    this.#members = new Array(this.#size)
    this.#recipients = new Array(this.#size)
    this.#sender = sender
    this.#limitBytes = limitBytes
    return true
  }
}
