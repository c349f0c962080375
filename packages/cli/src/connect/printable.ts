/**
 * Text from the network, safe to show: control characters could move the cursor or change the terminal, so
 * they are written as `\x1b`. Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, character =>
    character === '\n' || character === '\t' ? character : escaped(character),
  )
}

/** As {@link printable}, on one line. */
export function printableLine(text: string): string {
  return printable(text.trim().replace(/\s*[\r\n]+\s*/g, ' '))
}

function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16)
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code}`
}
