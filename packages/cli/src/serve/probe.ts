import type { IncomingMessage, ServerResponse } from 'node:http'
import { wordFinding } from '../doctor/catalogue/draft.ts'
import { diagnose } from '../doctor/diagnose.ts'
import { makeReport } from '../doctor/report.ts'
import { recognise } from '../doctor/rules/products.ts'
import type { ProbeAnswer } from './messages.ts'
import { isPageAllowed } from './page-origin.ts'
import { RequestRate } from './request-rate.ts'

/** No request is longer, in UTF-16 code units. */
const longestRequest = 16_384

/** Each makes some twenty connections, and takes up to 15 s. */
export const probeLimits = {
  bodyBytes: 8_192,
  atOnce: 2,
  burst: 5,
  perSecond: 0.2,
} as const

export interface ProbeOptions {
  /** Whether targets may be anywhere, and readers as well; else both are on this machine. */
  readonly isAnywhereAllowed: boolean
}

/**
 * The doctor, for the page: `POST /diagnose` tries a connection as the command line does. It lets a reader connect from
 * this machine, so it answers its own page alone, and without `--allow-probe` only readers on this machine, for targets on
 * it. A name is resolved once, and the connection goes to the address that was checked; no redirect is followed.
 */
export class Probe {
  readonly #options: ProbeOptions
  readonly #rate = new RequestRate(probeLimits, performance.now())
  #running = 0

  constructor(options: ProbeOptions) {
    this.#options = options
  }

  /** @returns false when the path is another */
  handle(url: URL, request: IncomingMessage, response: ServerResponse): boolean {
    if (url.pathname !== '/diagnose') return false
    const refusal = this.#refusalOf(request)
    if (refusal !== undefined) {
      // The rest of a body would be read as the next request.
      response.setHeader('Connection', 'close')
      answer(response, refusal[0], { refused: refusal[1] })
      return true
    }
    this.#running++
    this.#diagnose(request, response)
      .catch((error: unknown) => {
        // A page that has left needs no answer.
        if (response.destroyed) return
        console.error(error)
        if (!response.headersSent) answer(response, 500, { refused: 'failed' })
      })
      .finally(() => {
        this.#running--
      })
    return true
  }

  #refusalOf(request: IncomingMessage): readonly [status: number, refused: ProbeRefusal] | undefined {
    const { method, headers, socket } = request
    if (method !== 'POST') return [405, 'method']
    const site = headers['sec-fetch-site']
    const isOwnPage = headers.origin !== undefined && isPageAllowed(request, [])
    if (!isOwnPage || (site !== undefined && site !== 'same-origin')) return [403, 'page']
    // A form of any page can send everything but this.
    if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return [415, 'json']
    // Behind a proxy everybody comes from this machine.
    const isProxied = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined
    const isHere = isLoopbackAddress(socket.remoteAddress ?? '') && !isProxied
    if (!isHere && !this.#options.isAnywhereAllowed) return [403, 'reader']
    if (this.#running >= probeLimits.atOnce || !this.#rate.take(1, performance.now())) return [429, 'busy']
    return undefined
  }

  async #diagnose(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = readProbeRequest(await readBody(request))
    if (asked === undefined) {
      response.setHeader('Connection', 'close')
      answer(response, 400, { refused: 'json' })
      return
    }
    const { url, protocols, language } = asked
    const seen = { allowed: 0, refused: 0 }
    const allowsAddress = (address: string): boolean => {
      const isAllowed = this.#options.isAnywhereAllowed || isLoopbackAddress(address)
      seen[isAllowed ? 'allowed' : 'refused']++
      return isAllowed
    }
    const { drafts, evidence } = await diagnose(url, {
      origin: request.headers.origin,
      protocols,
      allowsAddress,
    })
    if (seen.refused > 0 && seen.allowed === 0) {
      answer(response, 403, { refused: 'target' })
      return
    }
    const products = evidence === undefined ? [] : recognise(evidence).products
    answer(
      response,
      200,
      makeReport(
        url,
        drafts.map(draft => wordFinding(draft, language, products)),
      ),
    )
  }
}

type ProbeRefusal = Extract<ProbeAnswer, { readonly refused: unknown }>['refused']

interface Asked {
  readonly url: string
  readonly protocols: readonly string[]
  readonly language: 'en' | 'zh'
}

function readProbeRequest(body: string | undefined): Asked | undefined {
  const { url, protocols, language } = (body === undefined ? undefined : parseObject(body)) ?? {}
  if (typeof url !== 'string' || url.length > 2_000) return undefined
  if (!Array.isArray(protocols) || protocols.length > 20) return undefined
  if (!protocols.every((it): it is string => typeof it === 'string' && it.length <= 200)) return undefined
  return { url, protocols, language: language === 'zh' ? 'zh' : 'en' }
}

/** Undefined when it is too long; the rest of it is not kept. Destroying the request would take the answer with it. */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let bytes = 0
    request.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes <= probeLimits.bodyBytes) parts.push(part)
      else resolve(undefined)
    })
    request.once('end', () => resolve(Buffer.concat(parts).toString()))
    request.once('error', reject)
    request.once('close', () => reject(new Error('The request was cut off.')))
  })
}

/** RFC 6890: 127.0.0.0/8 and ::1, also as an IPv4 address in IPv6. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  return plain === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain)
}

function answer(response: ServerResponse, status: number, body: ProbeAnswer): void {
  if (status === 405) response.setHeader('Allow', 'POST')
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}

/** The JSON object in a message, or undefined: no JSON, JSON that is something else, or far too long for a request. */
function parseObject(message: string | Buffer): Readonly<Record<string, unknown>> | undefined {
  if (typeof message !== 'string' || message.length > longestRequest) return undefined
  try {
    const value: unknown = JSON.parse(message)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
