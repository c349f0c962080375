/**
 * Reads UTF-8 that arrives in pieces and fails at the first byte after which the text can no longer be valid
 * (RFC 3629 §4): overlong forms, surrogates and code points above U+10FFFF fail at their second byte.
 */
export class Utf8Scanner {
  /** Continuation bytes still missing from the character at hand. */
  #missing = 0
  /** The range that the next continuation byte must lie in; narrower than 80–BF after E0, ED, F0 and F4. */
  #lowest = 0x80
  #highest = 0xbf

  /** True between characters: the text may end here. */
  get isComplete(): boolean {
    return this.#missing === 0
  }

  reset(): void {
    this.#missing = 0
    this.#lowest = 0x80
    this.#highest = 0xbf
  }

  /** Reads `bytes[start, end)`; false as soon as the text cannot be valid any more. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!
      if (this.#missing > 0) {
        if (byte < this.#lowest || byte > this.#highest) return false
        this.#missing--
        this.#lowest = 0x80
        this.#highest = 0xbf
      } else if (byte >= 0x80 && !this.#lead(byte)) {
        return false
      }
    }
    return true
  }

  #lead(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false
    if (byte < 0xe0) {
      this.#missing = 1
      return true
    }
    if (byte < 0xf0) {
      this.#missing = 2
      if (byte === 0xe0) this.#lowest = 0xa0
      else if (byte === 0xed) this.#highest = 0x9f
      return true
    }
    this.#missing = 3
    if (byte === 0xf0) this.#lowest = 0x90
    else if (byte === 0xf4) this.#highest = 0x8f
    return true
  }
}
