/** The code points of `token` (RFC 7230 §3.2.6). */
const tokenCharacters = /[!#$%&'*+\-.^_`|~0-9A-Za-z]*/y

/** Reads a header of HTTP from left to right; a character that does not belong is named by its index. */
export class HeaderScanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  skipSpace(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++
  }

  /** @throws SyntaxError when there is none */
  token(): string {
    const token = this.#characters()
    return token === '' ? this.fail() : token
  }

  /**
   * The content of a quoted string; the opening quote has been read. RFC 6455 §9.1: it must be a token, too.
   *
   * @throws SyntaxError
   */
  quotedToken(): string {
    let said = this.#characters()
    while (this.skip('\\')) {
      const escaped = this.#characters()
      if (escaped === '') this.fail()
      said += escaped
    }
    if (said === '' || !this.skip('"')) this.fail()
    return said
  }

  /** @throws SyntaxError, always */
  fail(): never {
    throw new SyntaxError(
      this.isAtEnd ? 'Unexpected end of input' : `Unexpected character at index ${this.#at}`,
    )
  }

  #characters(): string {
    tokenCharacters.lastIndex = this.#at
    const [found = ''] = tokenCharacters.exec(this.#text) ?? []
    this.#at += found.length
    return found
  }
}
