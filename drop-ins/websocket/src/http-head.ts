import { STATUS_CODES } from 'node:http'

/** Where the reason phrase is another than Node's. */
const reasonPhrases: Readonly<Record<number, string>> = {
  407: 'Proxy Authorization Required',
  413: 'Request Entity Too Long',
  414: 'Request-URI Too Long',
  416: 'Requested Range Not Satisfiable',
}

/**
 * The head of an answer, to be written as Latin-1. Characters that cannot stand in a header are left out: line breaks, and
 * characters of which writing would leave the lowest byte, which can be a line break.
 */
export function httpHead(
  status: number,
  headers: readonly (readonly [name: string, value: string])[],
): string {
  const lines = headers.map(([name, value]) => `${headerText(name)}: ${headerText(value)}\r\n`)
  return `HTTP/1.1 ${status} ${reasonPhrases[status] ?? STATUS_CODES[status]}\r\n${lines.join('')}\r\n`
}

/** Text without the characters that cannot stand in a header. */
export function headerText(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
}
