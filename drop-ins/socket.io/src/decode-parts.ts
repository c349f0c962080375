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
