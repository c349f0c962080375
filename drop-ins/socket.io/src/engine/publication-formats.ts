import { Publication, type SharedBytes, WireFormat, wholeFrame } from 'bothways/connection'
import { encodePacketV3, encodeTextV3 } from './codec-v3.ts'
import { encodeTextV4 } from './codec-v4.ts'
import type { Packet, Protocol } from './packet.ts'

/** The packet as text, for payloads of long polling and for clients that take no bytes. */
const packetText: Readonly<Record<Protocol, WireFormat<string>>> = {
  3: new WireFormat(publication => encodeTextV3(messagePacket(publication))),
  4: new WireFormat(publication => encodeTextV4(messagePacket(publication))),
}

/** The packet as one WebSocket message, a publication by itself: framed and compressed once for all receivers. */
const textMessage: Readonly<Record<Protocol, WireFormat<Publication>>> = {
  3: new WireFormat(publication => new Publication(textOf(publication, 3))),
  4: new WireFormat(publication => new Publication(textOf(publication, 4))),
}

/** As {@link textMessage}, of bytes; in version 4 they are the message as they are. */
const bytesMessageV3: WireFormat<Publication> = new WireFormat(
  publication => new Publication(encodePacketV3(messagePacket(publication))),
)

/** The packet that carries a publication, as text. Packets of text are the same in both versions. */
export function textOf(publication: Publication, protocol: Protocol): string {
  return publication.encoded(packetText[publication.isText ? 4 : protocol])
}

/** The packet that carries a publication, as one WebSocket message. */
export function messageOf(publication: Publication, protocol: Protocol, takesBytes: boolean): Publication {
  if (publication.isText) return publication.encoded(textMessage[4])
  if (!takesBytes) return publication.encoded(textMessage[protocol])
  return protocol === 4 ? publication : publication.encoded(bytesMessageV3)
}

/** The packet that carries a publication, as a frame of a server that is not compressed. */
export function frameOf(publication: Publication, protocol: Protocol): SharedBytes {
  return messageOf(publication, protocol, true).encoded(wholeFrame)
}

function messagePacket({ data }: Publication): Packet {
  return { type: 'message', data: data as Exclude<Packet['data'], undefined> }
}
