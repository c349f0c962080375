/** A packet's offset: the log that named it, its number there, and the last packet that had come round to that log by then. */
export interface PacketName {
  readonly log: string
  readonly number: number
  /** The name of the last packet that had come round; undefined: none had. */
  readonly heard: string | undefined
}

/** A log's own name has so many characters. */
const logName = '[\\w-]{8}'
const offsetForm = new RegExp(`^(${logName})([0-9a-z]{1,10})(?:\\.(${logName}[0-9a-z]{1,10}))?$`)

export function writeName(log: string, number: number): string {
  return `${log}${number.toString(36)}`
}

/** @returns undefined for text that no log has written */
export function readOffset(offset: string): PacketName | undefined {
  const [, log, number, heard] = offsetForm.exec(offset) ?? []
  if (log === undefined || number === undefined) return undefined
  return { log, number: Number.parseInt(number, 36), heard }
}

/** An offset without the name of the last packet that had come round. */
export function nameOf(offset: string): string {
  const end = offset.indexOf('.')
  return end === -1 ? offset : offset.slice(0, end)
}

/** The numbers of another log's packets that have come round. */
interface Heard {
  first: number
  last: number
  at: number
}

/** A packet that has come round, as long as it is remembered. */
interface Place {
  readonly place: number
  /** All packets before this position of the log have come round before it. */
  readonly from: number
}

/**
 * The order in which packets of all servers come round, the same for each of them, those of its own included. A server gives its own
 * packets to its clients before they have come round, so each names the last one that had come round by then: from that
 * anybody can tell what a client of that server had received.
 */
export class PacketOrder {
  readonly #places = new Map<string, Place>()
  readonly #heard = new Map<string, Heard>()
  #next = 0
  #last: string | undefined
  /** Up to this place packets were forgotten because they were old. */
  #forgotten = -1
  /** From this place on nothing is missing that somebody may need. */
  #whole = -1

  /** The name of the last packet that came round. */
  get last(): string | undefined {
    return this.#last
  }

  /**
   * A packet comes round.
   *
   * @param from all packets before this position of the log have come round
   * @returns its place; and whether others of the same log, before it, never came
   */
  take({ log, number }: PacketName, from: number): { readonly place: number; readonly isHole: boolean } {
    const place = this.#next++
    const heard = this.#heard.get(log)
    const isHole = heard !== undefined && number > heard.last + 1
    if (isHole) this.#whole = place
    this.#heard.set(log, {
      first: isHole ? number : (heard?.first ?? number),
      last: Math.max(number, heard?.last ?? 0),
      at: Date.now(),
    })
    this.#last = writeName(log, number)
    this.#places.set(this.#last, { place, from })
    return { place, isHole }
  }

  /** Another server says that its log's next number is this one; and that it lives. */
  begin(log: string, next: number): void {
    const heard = this.#heard.get(log)
    if (heard === undefined) this.#heard.set(log, { first: next, last: next - 1, at: Date.now() })
    else heard.at = Date.now()
  }

  /** When something of a log was heard last, in ms since 1970. */
  heardAt(log: string): number | undefined {
    return this.#heard.get(log)?.at
  }

  /** A packet is not remembered any more: for its age, or for want of room. */
  forget(name: string, isOld: boolean): void {
    const place = this.#places.get(name)?.place ?? this.#next
    this.#places.delete(name)
    if (isOld) this.#forgotten = Math.max(this.#forgotten, place)
    else this.#whole = Math.max(this.#whole, place)
  }

  /** Logs of which nothing was heard for so long are gone. */
  forgetLogs(silentMs: number): void {
    const now = Date.now()
    for (const [log, { at }] of this.#heard) if (at + silentMs < now) this.#heard.delete(log)
  }

  /** Where a packet came round; one that was forgotten, at the end of those. Undefined: it never did. */
  find(name: string): Place | undefined {
    return this.#places.get(name) ?? this.#findForgotten(name)
  }

  /** Whether all packets behind a place are remembered, but what is too old for anybody. */
  isWholeFrom(place: number): boolean {
    return place >= this.#whole
  }

  #findForgotten(name: string): Place | undefined {
    const { log, number } = readOffset(name) ?? {}
    const heard = log === undefined ? undefined : this.#heard.get(log)
    if (heard === undefined || number === undefined || number < heard.first || number > heard.last) {
      return undefined
    }
    return { place: this.#forgotten, from: 0 }
  }
}
