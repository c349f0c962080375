import { type Binary, hasBinary, takeOutBinary } from './binary.ts'
import { type Packet, PacketType } from './packet.ts'

/** As `JSON.stringify` takes it. */
// biome-ignore lint/suspicious/noExplicitAny: the type that JSON.stringify itself declares
export type Replacer = (this: any, key: string, value: any) => any

/** Turns packets into the data to send: one text, and the attachments behind it. */
export class Encoder {
  readonly #replacer: Replacer | undefined

  constructor(replacer?: Replacer) {
    this.#replacer = replacer
  }

  encode(packet: Packet): (string | Binary)[] {
    const { type, data } = packet
    if ((type === PacketType.EVENT || type === PacketType.ACK) && hasBinary(data)) {
      const attachments: Binary[] = []
      const rest = takeOutBinary(data, attachments)
      if (attachments.length > 0) {
        const binaryType = type === PacketType.EVENT ? PacketType.BINARY_EVENT : PacketType.BINARY_ACK
        return [this.#text(`${binaryType}${attachments.length}-`, packet, rest), ...attachments]
      }
    }
    return [this.#text(`${type}`, packet, data)]
  }

  #text(head: string, { nsp, id }: Packet, data: unknown): string {
    const namespace = nsp && nsp !== '/' ? `${nsp},` : ''
    // == null, since acknowledgements and data may be null in packets that programs make.
    const ack = id == null ? '' : id
    if (data == null) return `${head}${namespace}${ack}`
    return `${head}${namespace}${ack}${JSON.stringify(data, this.#replacer)}`
  }
}
