const quote = 0x22
const backslash = 0x5c
/** `[` and `{` differ in one bit, and so do their ends. */
const caseBit = 0x20
const opening = 0x5b
const closing = 0x5d

/**
 * Whether arrays and objects of a JSON text are nested deeper than `limit`, from `start` on. The text need not be valid:
 * the parser finds texts that are none.
 */
export function isNestedDeeper(text: string, limit: number, start: number): boolean {
  // Every level opens and closes.
  if (text.length - start < 2 * (limit + 1)) return false
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = endOfString(text, at)
    } else if ((code & ~caseBit) === opening) {
      if (++depth > limit) return true
    } else if ((code & ~caseBit) === closing) {
      depth--
    }
  }
  return false
}

/** Where the string that begins at `start` ends; the end of the text when it does not. */
function endOfString(text: string, start: number): number {
  let at = start
  for (;;) {
    at = text.indexOf('"', at + 1)
    if (at === -1) return text.length
    let before = at - 1
    while (text.charCodeAt(before) === backslash) before--
    // An even number of backslashes stand for themselves.
    if ((at - before) % 2 === 1) return at
  }
}
