/** Chance that a seed replays: each actor draws from its own, so that what others do does not change what it does. */
export class Chance {
  #state

  constructor(seed, name) {
    this.#state = [...`${seed}/${name}`].reduce(
      (hash, letter) => Math.imul(hash ^ letter.codePointAt(0), 16_777_619),
      2_166_136_261,
    )
  }

  /** From 0 to below 1. */
  next() {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }

  /** A whole number from `lowest` to `highest`. */
  between(lowest, highest) {
    return lowest + Math.floor(this.next() * (highest - lowest + 1))
  }

  pick(items) {
    return items[this.between(0, items.length - 1)]
  }

  is(probability) {
    return this.next() < probability
  }
}
