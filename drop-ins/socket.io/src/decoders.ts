import type { Packet } from './parser/packet.ts'
import type { Parser, ParserDecoder } from './parser-option.ts'

/** Takes decoded packets. */
export interface PacketReceiver {
  /** @internal */
  _onDecoded(packet: Packet): void
}

/** A decoder, and whose packets it decodes now. */
export class ClientDecoder {
  readonly #decoder: ParserDecoder
  /** Undefined: nobody wants them any more. */
  receiver: PacketReceiver | undefined

  constructor(decoder: ParserDecoder) {
    this.#decoder = decoder
    decoder.on('decoded', packet => this.receiver?._onDecoded(packet))
  }

  /** @throws Error when what was received is no packet */
  add(received: unknown): void {
    this.#decoder.add(received)
  }

  /** The bytes that it holds of a packet that is not complete; undefined when the parser does not tell. */
  get heldBytes(): number | undefined {
    return this.#decoder.heldBytes
  }

  /** Nobody needs it any more. */
  destroy(): void {
    this.receiver = undefined
    this.#decoder.destroy()
  }
}

/** The decoders of a server's clients: a decoder that holds nothing is for the next client that has something to decode. */
export class Decoders {
  readonly #parser: Parser
  #spare: ClientDecoder | undefined

  constructor(parser: Parser) {
    this.#parser = parser
  }

  take(receiver: PacketReceiver): ClientDecoder {
    const decoder = this.#spare ?? new ClientDecoder(new this.#parser.Decoder())
    this.#spare = undefined
    decoder.receiver = receiver
    return decoder
  }

  /** Takes it back if it is known to hold nothing. */
  giveBack(decoder: ClientDecoder): boolean {
    if (decoder.heldBytes !== 0) return false
    decoder.receiver = undefined
    this.#spare = decoder
    return true
  }
}
