import { Random } from '../fuzz/random.mjs'

/** Chance that a seed replays: each actor draws from its own, so that what others do does not change what it does. */
export class Chance extends Random {
  constructor(seed, name) {
    super(
      [...`${seed}/${name}`].reduce(
        (hash, letter) => Math.imul(hash ^ letter.codePointAt(0), 16_777_619),
        2_166_136_261,
      ),
    )
  }

  /** A whole number from `lowest` to `highest`. */
  between(lowest, highest) {
    return lowest + this.below(highest - lowest + 1)
  }

  is(probability) {
    return this.next() < probability
  }
}
