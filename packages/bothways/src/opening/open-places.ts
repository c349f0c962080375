/** Places for what stays open: so many in all, and so many of one client. */
export class OpenPlaces {
  readonly #most: number
  readonly #mostOfClient: number
  readonly #byClient = new Map<string, number>()
  #count = 0

  constructor(most: number, mostOfClient: number) {
    this.#most = most
    this.#mostOfClient = mostOfClient
  }

  /** @returns a function that gives the place back; undefined: there is none */
  take(client: string): (() => void) | undefined {
    const ofClient = this.#byClient.get(client) ?? 0
    if (this.#count >= this.#most || ofClient >= this.#mostOfClient) return undefined
    this.#count++
    this.#byClient.set(client, ofClient + 1)
    return () => this.#giveBack(client)
  }

  #giveBack(client: string): void {
    this.#count--
    const left = (this.#byClient.get(client) ?? 0) - 1
    if (left > 0) this.#byClient.set(client, left)
    else this.#byClient.delete(client)
  }
}
