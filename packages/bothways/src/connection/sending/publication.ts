import type { Buffer } from 'node:buffer'
import { type MessageData, messageBytes } from '../message-data.ts'

let formatCount = 0

/**
 * How a publication looks on one kind of wire. A format is made once, where its module is loaded, and not for each
 * publication.
 */
export class WireFormat<Encoded> {
  /** Its place among what a publication keeps. */
  readonly slot: number = formatCount++
  readonly encode: (publication: Publication) => Encoded

  constructor(encode: (publication: Publication) => Encoded) {
    this.encode = encode
  }
}

/**
 * One message for many: encoded once for each wire format in which somebody gets it, the same for all of them.
 *
 * A module that carries messages in a further way brings a {@link WireFormat} of its own.
 */
export class Publication {
  readonly data: Exclude<MessageData, Blob>
  #payload: Buffer | undefined
  readonly #encodings: unknown[] = []

  /** @param data text, or bytes that do not change any more */
  constructor(data: Exclude<MessageData, Blob>) {
    this.data = data
  }

  get isText(): boolean {
    return typeof this.data === 'string'
  }

  /** Its bytes; of text in UTF-8. */
  get payload(): Buffer {
    return this.#payload ?? this.#makePayload()
  }

  /** In this format, made by the first caller. */
  encoded<Encoded>(format: WireFormat<Encoded>): Encoded {
    return (this.#encodings[format.slot] ?? this.#encode(format)) as Encoded
  }

  // Apart from the getters, which are inlined where each subscriber asks for what is there already.
  #makePayload(): Buffer {
    this.#payload = messageBytes(this.data)
    return this.#payload
  }

  #encode<Encoded>(format: WireFormat<Encoded>): Encoded {
    const encoded = format.encode(this)
    this.#encodings[format.slot] = encoded
    return encoded
  }
}
