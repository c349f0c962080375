import type { Buffer } from 'node:buffer'
import { deflate, gzip, type ZlibOptions } from 'node:zlib'

/** How the answers of long polling are compressed: zlib's options, and the shortest body that is. */
export interface HttpCompressionOptions extends ZlibOptions {
  threshold?: number
}

export type ContentCoding = 'gzip' | 'deflate'

const codings: readonly ContentCoding[] = ['gzip', 'deflate']

/**
 * The coding that a client would rather have (RFC 9110 §12.5.3), of equals what it names first; undefined: none of ours.
 */
export function preferredCoding(acceptEncoding: string | undefined): ContentCoding | undefined
export function preferredCoding<Coding extends string>(
  acceptEncoding: string | undefined,
  ours: readonly Coding[],
): Coding | undefined
export function preferredCoding(
  acceptEncoding: string | undefined,
  ours: readonly string[] = codings,
): string | undefined {
  if (acceptEncoding === undefined) return undefined
  let best: string | undefined
  let bestWeight = 0
  const refused = new Set<string>()
  let weightOfOthers = 0
  for (const item of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map(it => it.trim())
    const weight = weightOf(parameters)
    if (weight === 0) refused.add(name)
    if (name === '*') weightOfOthers = weight
    if (!ours.includes(name) || weight <= bestWeight) continue
    best = name
    bestWeight = weight
  }
  if (best !== undefined || weightOfOthers === 0) return best
  return ours.find(it => !refused.has(it))
}

/** Compresses a whole body. */
export function compressBody(
  body: Buffer,
  coding: ContentCoding,
  { threshold: _, ...options }: HttpCompressionOptions,
  callback: (error: Error | null, compressed: Buffer) => void,
): void {
  if (coding === 'gzip') gzip(body, options, callback)
  else deflate(body, options, callback)
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.find(it => it.startsWith('q='))
  if (q === undefined) return 1
  const weight = Number(q.slice(2))
  return weight >= 0 && weight <= 1 ? weight : 0
}
