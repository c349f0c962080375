import { randomBytes } from 'node:crypto'

/** Where something stands in its topic, taken apart. On the wire it is one opaque string. */
export interface Position {
  /** New for each life of a topic's history. */
  readonly epoch: string
  /** 0 before the first publication, then 1, 2 … */
  readonly offset: number
  /** Random, stored with the publication of this offset; empty at offset 0. */
  readonly check: string
}

export function writePosition({ epoch, offset, check }: Position): string {
  return `${epoch}.${offset.toString(36)}.${check}`
}

/** Undefined for what no broker has written: one position has one text. */
export function readPosition(text: string): Position | undefined {
  const [, epoch, offset, check] =
    /^([\w-]{1,32})\.(0|[1-9a-z][0-9a-z]{0,10})\.([\w-]{0,16})$/.exec(text) ?? []
  if (epoch === undefined || offset === undefined || check === undefined) return undefined
  return { epoch, offset: Number.parseInt(offset, 36), check }
}

export function newEpoch(): string {
  return randomBytes(9).toString('base64url')
}

let checks = ''

/** Six random characters; the random bytes for many are drawn at once. */
export function newCheck(): string {
  if (checks.length < 6) checks = randomBytes(3072).toString('base64url')
  const check = checks.slice(0, 6)
  checks = checks.slice(6)
  return check
}
