import type { ServerResponse } from 'node:http'
import type { HubClient } from '../hub/hub-clients.ts'

/** A poll that waits, as the hub knows it. */
export class PollClient implements HubClient {
  readonly userId: string
  /** When to poll again, in ms: the server is leaving. */
  retryAfterMs: number | undefined
  /** Its user was disconnected. */
  isUnwanted = false
  #end: (() => void) | undefined
  #isOver = false

  constructor(userId: string) {
    this.userId = userId
  }

  /** Until there are news, the time is over, the client has left, or something is to be done about it. */
  async waitFor(news: Promise<void>, waitMs: number, response: ServerResponse): Promise<void> {
    if (this.#isOver || response.destroyed) return
    const over = new Promise<void>(resolve => {
      this.#end = resolve
    })
    const end = (): void => this.#wake()
    const timer = setTimeout(end, waitMs)
    response.once('close', end)
    await Promise.race([news, over])
    clearTimeout(timer)
    response.off('close', end)
  }

  disconnect(): void {
    this.isUnwanted = true
    this.#wake()
  }

  authorizeAgain(): void {
    this.#wake()
  }

  sayGoodbye(retryAfterMs: number): void {
    this.retryAfterMs = retryAfterMs
    this.#wake()
  }

  leave(): void {
    this.#wake()
  }

  /** It only reads: its answer is right at any time. */
  cut(): void {
    this.#wake()
  }

  #wake(): void {
    this.#isOver = true
    this.#end?.()
  }
}
