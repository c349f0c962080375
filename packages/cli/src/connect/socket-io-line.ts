import { WrongUse } from '../wrong-use.ts'

/** The action that a line asks for in Socket.IO. */
export type SocketIoLine =
  | {
      readonly type: 'emit'
      readonly name: string
      readonly args: readonly unknown[]
      readonly wantsAck: boolean
    }
  | { readonly type: 'ack'; readonly id: number; readonly args: readonly unknown[] }

/**
 * Reads `EVENT ARGS…`, `EVENT? ARGS…` (which asks for an acknowledgement) or `/ack ID ARGS…`. Arguments are values of
 * JSON with spaces or commas between them; text that is no JSON is one string. Undefined for an empty line.
 *
 * @throws WrongUse for an acknowledgement without its number
 */
export function parseSocketIoLine(line: string): SocketIoLine | undefined {
  const [, first = '', rest = ''] = /^\s*(\S+)\s*(.*)$/s.exec(line) ?? []
  if (first === '') return undefined
  if (first === '/ack') {
    const [, id, args = ''] = /^(\d{1,15})\b\s*(.*)$/s.exec(rest) ?? []
    if (id === undefined) {
      throw new WrongUse({
        en: '/ack takes the number of what is acknowledged: /ack 3 "done".',
        zh: '/ack 需要被确认的编号：/ack 3 "done"。',
      })
    }
    return { type: 'ack', id: Number(id), args: parseValues(args) }
  }
  const wantsAck = first.length > 1 && first.endsWith('?')
  return { type: 'emit', name: wantsAck ? first.slice(0, -1) : first, args: parseValues(rest), wantsAck }
}

/** Arguments as {@link parseSocketIoLine} reads them; bytes are hex. */
export function printValues(values: readonly unknown[]): string {
  return values.map(value => JSON.stringify(value, bytesAsHex)).join(' ')
}

function parseValues(text: string): readonly unknown[] {
  const trimmed = text.trim()
  if (trimmed === '') return []
  try {
    return JSON.parse(`[${trimmed}]`)
  } catch {
    // No commas, or no JSON.
  }
  try {
    return separate(trimmed).map(part => JSON.parse(part))
  } catch {
    return [trimmed]
  }
}

/** Parts a text at the spaces outside of quotes and brackets. */
function separate(text: string): readonly string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"|[[{](?:[^"]|"(?:[^"\\]|\\.)*")*?[\]}](?=\s|$)|[^\s"])+/gs) ?? []
}

function bytesAsHex(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key]
  return original instanceof Uint8Array ? `0x${Buffer.from(original).toString('hex')}` : value
}
