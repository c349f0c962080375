/** Scripts whose characters take two columns of a terminal, and may be parted anywhere but before closing punctuation. */
const wide =
  '\\u1100-\\u115f\\u2e80-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe4f\\uff00-\\uff60\\uffe0-\\uffe6'
const closing = '，。；：！？、）》」”’'
const piece = new RegExp(`\\s+|[^\\s${wide}]+[${closing}]*|[${wide}][${closing}]*`, 'gu')
const wideCharacter = new RegExp(`[${wide}]`, 'u')

/** Columns that a text takes on a terminal. */
export function columns(text: string): number {
  let count = 0
  for (const character of text) count += wideCharacter.test(character) ? 2 : 1
  return count
}

/** Breaks a text into lines of at most `width` columns, at spaces and between Chinese characters. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const [part] of text.matchAll(piece)) {
    if (columns(line) + columns(part.trimEnd()) > width && line !== '') {
      lines.push(line.trimEnd())
      line = part.trimStart()
    } else line += part
  }
  return [...lines, line.trimEnd()].filter((each, at) => each !== '' || at === 0)
}
