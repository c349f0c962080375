import { createHash } from 'node:crypto'

/**
 * Where a request without a session stands, in all its topics together: an opaque text that any process can read. It names
 * its topics by a digest, in whatever order a request gives them. Of topics without history there is nothing to say but that
 * they belong to it.
 */
export class CursorFormat {
  readonly #topics: readonly string[]
  readonly #digest: string

  constructor(topics: readonly string[]) {
    this.#topics = [...topics].sort()
    this.#digest = createHash('sha256').update(JSON.stringify(this.#topics)).digest('base64url').slice(0, 16)
  }

  write(positions: ReadonlyMap<string, string>): string {
    let text = this.#digest
    for (const topic of this.#topics) text += `~${positions.get(topic) ?? ''}`
    return text
  }

  /** @returns undefined for a text that is none, or was made for other topics */
  read(text: string): ReadonlyMap<string, string> | undefined {
    const [digest, ...positions] = text.split('~')
    if (digest !== this.#digest || positions.length !== this.#topics.length) return undefined
    return new Map(this.#topics.flatMap((topic, at) => (positions[at] ? [[topic, positions[at]]] : [])))
  }
}
