import type { RawData } from './engine-binding.ts'
import type { Packet } from './parser/packet.ts'
import type { Parser } from './parser-option.ts'

/** The packet that was encoded, for the few who want to see it. */
export function decodeParts(parser: Parser, parts: readonly RawData[]): Packet | undefined {
  const decoder = new parser.Decoder()
  let packet: Packet | undefined
  decoder.on('decoded', it => {
    packet = it
  })
  for (const part of parts) decoder.add(part)
  decoder.destroy()
  return packet
}

/** The JSON in an encoded event, which is not encoded once more; without the offset, which is only for recovery. */
export function argumentsTextOf(encoded: string, namespace: string, offset: string | undefined): string {
  // The namespace's name may have a bracket in it.
  const after = namespace === '/' ? 0 : encoded.indexOf(namespace) + namespace.length
  const text = encoded.slice(encoded.indexOf('[', after))
  return offset === undefined ? text : `${text.slice(0, -`,"${offset}"]`.length)}]`
}
