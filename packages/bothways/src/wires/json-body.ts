import type { IncomingMessage } from 'node:http'
import type { BudgetHolder, ByteBudget } from '../connection/byte-budget.ts'
import { RequestBody } from '../exchange/request-body.ts'
import { HubError } from '../hub/hub-error.ts'
import { unsupportedMediaType } from './hub-http-error.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON object of a POST. Until it has come whole, its memory counts in `bodies`.
 *
 * @throws HubError `bad_request` (415 for another content type), `too_large`, `busy` when all bodies together are too much
 */
export async function readJsonBody(
  request: IncomingMessage,
  maxBytes: number,
  bodies: ByteBudget,
): Promise<Record<string, unknown>> {
  // Another type would let any page send it without asking first (Fetch, "CORS-safelisted request-header").
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw unsupportedMediaType('Send Content-Type: application/json.')
  }
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    new JsonBody(request, maxBytes, bodies, resolve, reject)
  })
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new HubError('bad_request', 'The body is one JSON object in UTF-8.')
}

/** A body that is on its way. */
class JsonBody implements BudgetHolder {
  readonly #request: IncomingMessage
  readonly #bodies: ByteBudget
  readonly #body: RequestBody
  readonly #reject: (error: HubError) => void

  constructor(
    request: IncomingMessage,
    maxBytes: number,
    bodies: ByteBudget,
    resolve: (bytes: Uint8Array) => void,
    reject: (error: HubError) => void,
  ) {
    this.#request = request
    this.#bodies = bodies
    this.#body = new RequestBody(maxBytes, bodies)
    this.#reject = reject
    bodies.enter(this)
    request.on('data', (piece: Buffer) => {
      if (this.#body.add(piece)) bodies.relieve()
      else this.#fail(new HubError('too_large', `A body is at most ${maxBytes} bytes.`))
    })
    request.once('end', () => {
      resolve(this.#body.bytes)
      this.#release()
    })
    request.once('close', () => this.#fail(new HubError('bad_request', 'The body was broken off.')))
    request.on('error', () => {})
  }

  get heldBytes(): number {
    return this.#body.capacity
  }

  giveUp(): void {
    this.#fail(new HubError('busy', 'The bodies of all requests together are too much at present.'))
  }

  /** Nothing, when it has ended already. */
  #fail(error: HubError): void {
    this.#release()
    this.#reject(error)
  }

  #release(): void {
    this.#body.release()
    this.#bodies.leave(this)
    // What is left is read, so that the client gets to the answer, and dropped.
    this.#request.removeAllListeners('data').resume()
  }
}
