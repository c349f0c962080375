/** Removed items stay in the array until they are so many, and half of it. */
const worthCompacting = 1024

/** First in, first out, without moving all others at each removal. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = []
  #removed = 0

  get length(): number {
    return this.#items.length - this.#removed
  }

  get first(): Item | undefined {
    return this.#items[this.#removed]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  shift(): Item | undefined {
    const first = this.#items[this.#removed]
    if (this.length === 0) return undefined
    this.#items[this.#removed++] = undefined
    if (this.length === 0) {
      this.#items = []
      this.#removed = 0
    } else if (this.#removed >= worthCompacting && this.#removed >= this.length) {
      this.#items = this.#items.slice(this.#removed)
      this.#removed = 0
    }
    return first
  }

  *[Symbol.iterator](): Iterator<Item> {
    for (let at = this.#removed; at < this.#items.length; at++) yield this.#items[at] as Item
  }
}
