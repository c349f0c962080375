/** A text of latin1 in memory of its own: a piece that was cut out of another text keeps the whole of it. */
export function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
