import { Buffer } from 'node:buffer'
import type { ZlibOptions } from 'node:zlib'
import {
  type DeflateAgreement,
  type DeflateDirections,
  deflateDirections,
  deflateExtensionName,
} from '@bothways/protocol'
import { type CompressionTuning, Deflater, Inflater, WorkGate } from 'bothways/connection'
import type { ExtensionParams } from './extension.ts'
import { wsError } from './failures.ts'
import { byteLengthOf, emptyBuffer, toBuffer } from './payload.ts'

/** How messages are compressed (RFC 7692). */
export interface PerMessageDeflateOptions {
  /** The server compresses each message by itself. */
  serverNoContextTakeover?: boolean | undefined
  /** The client compresses each message by itself. */
  clientNoContextTakeover?: boolean | undefined
  /** The server's window is 2 to this power bytes, 8 to 15. */
  serverMaxWindowBits?: number | undefined
  /** The client's window is 2 to this power bytes, 8 to 15. */
  clientMaxWindowBits?: number | undefined
  /** Only `level` counts: no state of zlib lives between messages, so there is no memory to save. */
  zlibDeflateOptions?: ZlibOptions | undefined
  /** Nothing of these is needed; `maxPayload` bounds the inflated message. */
  zlibInflateOptions?: ZlibOptions | undefined
  /** Shorter messages go out as they are, in bytes, where each is compressed by itself. Default 1024. */
  threshold?: number | undefined
  /**
   * How many messages the process compresses or inflates at once in zlib's thread pool; the first one given counts, as
   * with ws. Short messages are done at once. Default 10.
   */
  concurrencyLimit?: number | undefined
}

export interface PerMessageDeflateInit
  extends Omit<PerMessageDeflateOptions, 'serverMaxWindowBits' | 'clientMaxWindowBits'> {
  serverMaxWindowBits?: number | boolean | undefined
  clientMaxWindowBits?: number | boolean | undefined
  isServer?: boolean | undefined
  maxPayload?: number | undefined
}

/** The parameters of the extension (RFC 7692 §7.1), by their names on the wire. */
export interface DeflateParams {
  server_no_context_takeover?: true
  client_no_context_takeover?: true
  server_max_window_bits?: number
  client_max_window_bits?: number | true
}

type Callback = (error: Error | null, result?: Buffer) => void

const largestPayload = 2 ** 29

/** One for the process; the first extension of a connection makes it. */
let zlibGate: WorkGate | undefined

/** The negotiation of permessage-deflate and its two directions, as `ws` has them. */
export class PerMessageDeflate {
  /** The parameters agreed on; null before. */
  params: DeflateParams | null = null
  readonly _options: PerMessageDeflateInit
  readonly _threshold: number
  readonly _maxPayload: number
  readonly _isServer: boolean
  /** @internal */
  readonly _zlibGate: WorkGate
  #deflater: Deflater | undefined
  #inflater: Inflater | undefined
  #fragments: Buffer[] = []

  static get extensionName(): string {
    return deflateExtensionName
  }

  constructor(options: PerMessageDeflateInit = {}) {
    this._options = options
    this._threshold = options.threshold ?? 1024
    this._maxPayload = (options.maxPayload ?? 0) | 0
    this._isServer = options.isServer ?? false
    zlibGate ??= new WorkGate({
      maxBytes: 32 * 1024 * 1024,
      maxCount: (options.concurrencyLimit ?? 10) || Number.POSITIVE_INFINITY,
    })
    this._zlibGate = zlibGate
  }

  /** The parameters that a client offers (RFC 7692 §7.1). */
  offer(): DeflateParams {
    const { serverNoContextTakeover, clientNoContextTakeover } = this._options
    const { serverMaxWindowBits, clientMaxWindowBits = true } = this._options
    return {
      ...(serverNoContextTakeover && { server_no_context_takeover: true }),
      ...(clientNoContextTakeover && { client_no_context_takeover: true }),
      ...(serverMaxWindowBits && { server_max_window_bits: Number(serverMaxWindowBits) }),
      ...(clientMaxWindowBits && { client_max_window_bits: clientMaxWindowBits }),
    }
  }

  /**
   * Agrees to one of a client's offers, or to a server's answer.
   *
   * @throws Error when it cannot
   */
  accept(configurations: ExtensionParams[]): DeflateParams {
    const given = configurations.map(params => readParams(params, this._isServer))
    this.params = this._isServer ? this.#acceptOffer(given) : this.#acceptAnswer(given)
    return this.params
  }

  /** How the two directions are compressed; only after {@link accept}. */
  get directions(): DeflateDirections {
    const { server_no_context_takeover, client_no_context_takeover } = this.params ?? {}
    const { server_max_window_bits, client_max_window_bits } = this.params ?? {}
    const agreement: DeflateAgreement = {
      serverNoContextTakeover: server_no_context_takeover ?? false,
      clientNoContextTakeover: client_no_context_takeover ?? false,
      serverMaxWindowBits: server_max_window_bits ?? 15,
      clientMaxWindowBits: typeof client_max_window_bits === 'number' ? client_max_window_bits : 15,
    }
    return deflateDirections(agreement, this._isServer ? 'server' : 'client')
  }

  /** True when each message of this side is compressed by itself. */
  get forgetsOwnMessages(): boolean {
    const own = this._isServer ? 'server_no_context_takeover' : 'client_no_context_takeover'
    return this.params?.[own] === true
  }

  get tuning(): CompressionTuning {
    const { level = -1 } = this._options.zlibDeflateOptions ?? {}
    // ws counts the threshold only where a message does not make later ones smaller.
    return { level: level < 0 ? 6 : level, thresholdBytes: this.forgetsOwnMessages ? this._threshold : 0 }
  }

  isWorthCompressing(payload: Buffer | Blob): boolean {
    return byteLengthOf(payload) >= this.tuning.thresholdBytes
  }

  /** Compresses a message, or one frame of it. */
  compress(data: Buffer | string, fin: boolean, callback: Callback): void {
    const { outgoing = { noContextTakeover: true, windowBits: 15 } } = this.directions
    this.#deflater ??= new Deflater(outgoing, this.tuning, this._zlibGate)
    const payload = typeof data === 'string' ? toBuffer(data) : data
    void Promise.resolve(this.#deflater.deflate(payload, fin)).then(
      result => process.nextTick(callback, null, result),
      error => process.nextTick(callback, error),
    )
  }

  /** Inflates a message; the frames before its last are kept until then. */
  decompress(data: Buffer, fin: boolean, callback: Callback): void {
    this.#fragments.push(data)
    if (!fin) {
      process.nextTick(callback, null, emptyBuffer)
      return
    }
    const payload = Buffer.concat(this.#fragments)
    this.#fragments = []
    this.#inflater ??= new Inflater(
      this.directions.incoming,
      this._maxPayload || largestPayload,
      this._zlibGate,
    )
    void Promise.resolve(this.#inflater.inflate(payload)).then(result => {
      if (Buffer.isBuffer(result)) process.nextTick(callback, null, result)
      else process.nextTick(callback, wsError(result))
    })
  }

  /** Forgets all state of earlier messages. */
  cleanup(): void {
    this.#deflater = undefined
    this.#inflater?.abandon()
    this.#inflater = undefined
    this.#fragments = []
  }

  #acceptOffer(offers: readonly DeflateParams[]): DeflateParams {
    const found = offers.find(offer => this.#canAccept(offer))
    if (found === undefined) throw new Error('None of the extension offers can be accepted')
    const { serverNoContextTakeover, clientNoContextTakeover } = this._options
    const { serverMaxWindowBits, clientMaxWindowBits } = this._options
    const params = { ...found }
    if (serverNoContextTakeover) params.server_no_context_takeover = true
    if (clientNoContextTakeover) params.client_no_context_takeover = true
    if (typeof serverMaxWindowBits === 'number') params.server_max_window_bits = serverMaxWindowBits
    if (typeof clientMaxWindowBits === 'number') params.client_max_window_bits = clientMaxWindowBits
    else if (params.client_max_window_bits === true || clientMaxWindowBits === false) {
      delete params.client_max_window_bits
    }
    return params
  }

  #canAccept(offer: DeflateParams): boolean {
    const { serverNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = this._options
    if (serverNoContextTakeover === false && offer.server_no_context_takeover) return false
    if (offer.server_max_window_bits !== undefined) {
      if (serverMaxWindowBits === false) return false
      if (isAbove(serverMaxWindowBits, offer.server_max_window_bits)) return false
    }
    if (typeof clientMaxWindowBits !== 'number') return true
    // §7.1.2.2: the server may limit the client only where the client says that it can be.
    return (
      offer.client_max_window_bits !== undefined &&
      !isAbove(clientMaxWindowBits, offer.client_max_window_bits)
    )
  }

  #acceptAnswer([answer = {}]: readonly DeflateParams[]): DeflateParams {
    const { clientNoContextTakeover, clientMaxWindowBits } = this._options
    if (clientNoContextTakeover === false && answer.client_no_context_takeover) {
      throw new Error('Unexpected parameter "client_no_context_takeover"')
    }
    if (answer.client_max_window_bits === undefined) {
      return typeof clientMaxWindowBits === 'number'
        ? { ...answer, client_max_window_bits: clientMaxWindowBits }
        : answer
    }
    if (clientMaxWindowBits === false || isAbove(answer.client_max_window_bits, clientMaxWindowBits)) {
      throw new Error('Unexpected or invalid parameter "client_max_window_bits"')
    }
    return answer
  }
}

/** Whether both are numbers of bits, and the first one larger. */
function isAbove(bits: unknown, limit: unknown): boolean {
  return typeof bits === 'number' && typeof limit === 'number' && bits > limit
}

/** RFC 7692 §7.1: which parameters there are, and what values they may have. */
function readParams(given: ExtensionParams, isServer: boolean): DeflateParams {
  const params: DeflateParams = {}
  for (const [key, values] of Object.entries(given)) {
    if (values.length > 1) throw new Error(`Parameter "${key}" must have only a single value`)
    const value = values[0]!
    switch (key) {
      case 'server_no_context_takeover':
      case 'client_no_context_takeover':
        if (value !== true) throw invalidValue(key, value)
        params[key] = true
        break
      case 'server_max_window_bits':
        params[key] = windowBits(key, value)
        break
      case 'client_max_window_bits':
        params[key] = value === true && isServer ? true : windowBits(key, value)
        break
      default:
        throw new Error(`Unknown parameter "${key}"`)
    }
  }
  return params
}

function windowBits(key: string, value: string | true): number {
  const bits = value === true ? Number.NaN : Number(value)
  if (Number.isInteger(bits) && bits >= 8 && bits <= 15) return bits
  throw invalidValue(key, value)
}

function invalidValue(key: string, value: string | true): TypeError {
  return new TypeError(`Invalid value for parameter "${key}": ${value}`)
}
