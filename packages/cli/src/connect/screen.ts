import { clearScreenDown, cursorTo, type Interface, moveCursor } from 'node:readline'
import type { Writable } from 'node:stream'

/**
 * A terminal where lines appear above the one that is being typed, which stays as it is: from the first prompt to the
 * last, the prompt and the text typed behind it are the end of the terminal's contents.
 */
export class Screen {
  readonly #prompt: Interface
  readonly #output: Writable
  #isPrompting = false

  constructor(prompt: Interface, output: Writable) {
    this.#prompt = prompt
    this.#output = output
    // The next line may be here already: pasted text has several.
    prompt.on('line', () => {
      if (this.#isPrompting) prompt.prompt(true)
    })
    // Prompting once more would wake it up again.
    prompt.on('close', () => this.stopPrompting())
  }

  /** From now on there is a line to type in. */
  startPrompting(): void {
    this.#isPrompting = true
    this.#prompt.prompt(true)
  }

  /** Takes the typed line away: later text is shown below, with nothing in between. */
  stopPrompting(): void {
    if (!this.#isPrompting) return
    this.#isPrompting = false
    this.#clearTyped()
  }

  show(text: string): void {
    if (!this.#isPrompting) {
      this.#output.write(`${text}\n`)
      return
    }
    const { rows } = this.#clearTyped()
    // Drawing the prompt goes up by as many rows as the typed line had above the cursor: give it those.
    this.#output.write(`${text}\n${'\n'.repeat(rows)}`)
    this.#prompt.prompt(true)
  }

  /** A typed line may be longer than the terminal is wide. */
  #clearTyped(): { readonly rows: number } {
    const { rows } = this.#prompt.getCursorPos()
    cursorTo(this.#output, 0)
    moveCursor(this.#output, 0, -rows)
    clearScreenDown(this.#output)
    return { rows }
  }
}
