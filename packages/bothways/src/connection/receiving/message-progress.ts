/** An unfinished message goes on when so much has come of it. */
export const leastGrowthBytes: number = 64 * 1024

/** The state of the message that is not finished, as a receiver tells it. */
export interface UnfinishedMessage {
  /** Tells it from others. */
  readonly unfinishedCount: number
  /** How much of it has come; undefined: there is none. */
  readonly unfinishedBytes: number | undefined
}

/** How one message goes on, so that a byte now and then does not keep it unfinished for ever. */
export class MessageProgress {
  #count = -1
  #bytes = 0
  #sinceMs = 0

  /**
   * How long the message at hand has neither ended nor grown by {@link leastGrowthBytes}, as far as it was looked at;
   * undefined when there is none.
   */
  stalledMs(nowMs: number, { unfinishedCount, unfinishedBytes }: UnfinishedMessage): number | undefined {
    if (unfinishedBytes === undefined) {
      this.#count = -1
      return undefined
    }
    if (unfinishedCount !== this.#count || unfinishedBytes - this.#bytes >= leastGrowthBytes) {
      this.#count = unfinishedCount
      this.#bytes = unfinishedBytes
      this.#sinceMs = nowMs
    }
    return nowMs - this.#sinceMs
  }

  /** For so long nothing was read, whatever came. */
  excuse(ms: number): void {
    this.#sinceMs += ms
  }
}
