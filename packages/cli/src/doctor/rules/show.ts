import type { Answer } from '../probes/http.ts'
import { bodyText } from '../probes/http.ts'

/** One request and its answer on one line. */
export function showPair(answer: Answer, what: string): string {
  return `${what}: ${showAnswer(answer)}`
}

export function showAnswer(answer: Answer): string {
  const { head, ending, endMs, bytes, error } = answer
  if (head !== undefined) {
    const body = head.status === 101 ? '' : bodyText(answer).trim()
    const says = body === '' ? '' : `, ${quote(body, 120)}`
    return `${head.status} ${head.reason}`.trim() + says
  }
  const came = bytes.length === 0 ? 'no byte' : `${bytes.length} bytes ${showBytes(bytes)}`
  const how = {
    ended: 'then FIN',
    reset: 'then RST',
    silence: 'then silence',
    failed: 'no connection',
    enough: '',
  }[ending]
  return `${came}, ${how}${error === undefined ? '' : ` (${error.code ?? error.message})`} after ${endMs} ms`
}

/** Readable text in quotes, other bytes in hex. */
export function showBytes(bytes: Uint8Array): string {
  const some = Buffer.from(bytes.subarray(0, 48))
  const text = some.toString('latin1')
  return /^[\x20-\x7e\r\n\t]*$/.test(text)
    ? quote(text, 48)
    : some.toString('hex').replace(/(..)(?=.)/g, '$1 ')
}

export function quote(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return JSON.stringify(line.length > length ? `${line.slice(0, length)}…` : line)
}
