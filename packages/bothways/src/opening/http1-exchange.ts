import type { IncomingMessage } from 'node:http'
import {
  type AcceptedRequest,
  acceptKey,
  checkRequest,
  type RefusedRequest,
  serializeResponse,
  serverResponseHeaders,
} from '@bothways/protocol'
import type { Transport } from '../connection/transports/transport.ts'
import type { AgreedOffers, Exchange } from './exchange.ts'
import { severalHosts } from './refusals.ts'
import type { RequestFacts } from './upgrade-request.ts'
import { UpgradeSocket, type UpgradeStream } from './upgrade-socket.ts'

/** An upgrade request of HTTP/1.1 (RFC 6455 §4.2). */
export class Http1Exchange extends UpgradeSocket implements Exchange {
  readonly facts: RequestFacts
  readonly #raw: IncomingMessage
  #request: AcceptedRequest | undefined

  constructor(raw: IncomingMessage, stream: UpgradeStream) {
    super(stream)
    this.#raw = raw
    this.facts = {
      method: raw.method,
      httpVersion: raw.httpVersion,
      target: raw.url ?? '/',
      headers: raw.headers,
      peerAddress: stream.remoteAddress ?? '',
      peerPort: stream.remotePort ?? 0,
      isTls: 'encrypted' in stream && stream.encrypted === true,
      raw,
    }
  }

  check(): AcceptedRequest | RefusedRequest {
    // RFC 9112 §3.2: Node hands on the first of several.
    if ((this.#raw.headersDistinct?.host?.length ?? 0) > 1) return { ok: false, refusal: severalHosts }
    const checked = checkRequest(this.facts)
    if (checked.ok) this.#request = checked
    return checked
  }

  accept(agreed: AgreedOffers, kind: 'auto' | 'stream'): Transport {
    if (this.#request !== undefined) this.write(switchingProtocols(this.#request, agreed))
    return this.open(kind)
  }
}

/** The answer 101 (RFC 6455 §4.2.2). */
export function switchingProtocols(
  { key, expectsContinue }: AcceptedRequest,
  { protocol, extensions }: AgreedOffers,
): string {
  if (protocol === '' && extensions.length === 0 && !expectsContinue) return plainAnswer(key)
  const subprotocol = protocol === '' ? undefined : protocol
  // RFC 9110 §7.8: a client that waits for a 100 gets it before the 101.
  const first = expectsContinue ? serializeResponse(100, []) : ''
  return first + serializeResponse(101, serverResponseHeaders({ key, subprotocol, extensions }))
}

const someKey = 'dGhlIHNhbXBsZSBub25jZQ=='
const [beforeAccept = '', afterAccept = ''] = serializeResponse(
  101,
  serverResponseHeaders({ key: someKey }),
).split(acceptKey(someKey))

/** The same, where nothing but the key is answered. */
function plainAnswer(key: string): string {
  return beforeAccept + acceptKey(key) + afterAccept
}
