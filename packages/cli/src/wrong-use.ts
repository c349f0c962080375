import type { Words } from './language.ts'

/** The command line itself was wrong: exit code 2, and a hint at the help. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
  readonly words: Words

  constructor(words: Words, options?: ErrorOptions) {
    super(words.en, options)
    this.words = words
  }
}

/** The command could not do its work: exit code 1, the message and nothing more. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly words: Words

  constructor(words: Words, options?: ErrorOptions) {
    super(words.en, options)
    this.words = words
  }
}
