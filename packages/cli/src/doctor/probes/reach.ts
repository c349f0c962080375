import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { exchange } from './wire.ts'

/** The resolver's answer. */
export interface Names {
  readonly addresses: readonly string[]
  readonly ms: number
  /** Such as `ENOTFOUND`. */
  readonly errorCode: string | undefined
}

/** One address, and whether it takes connections. */
export interface Reach {
  readonly address: string
  readonly family: 4 | 6
  readonly ms: number
  readonly result: 'open' | 'refused' | 'unreachable' | 'no answer' | 'failed'
  readonly errorCode: string | undefined
}

/** As many addresses as are tried of a name that has more. */
const maxAddresses = 8

/** Every address of a host, as the system's resolver gives them (hosts file included). Never rejects. */
export async function resolveNames(host: string, timeoutMs: number): Promise<Names> {
  const startedAt = performance.now()
  const ms = () => Math.round(performance.now() - startedAt)
  if (isIP(host) !== 0) return { addresses: [host], ms: 0, errorCode: undefined }
  let timer: NodeJS.Timeout | undefined
  try {
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' })),
        timeoutMs,
      )
    })
    const found = await Promise.race([lookup(host, { all: true, verbatim: true }), tooLate])
    const addresses = [...new Set(found.map(({ address }) => address))].slice(0, maxAddresses)
    return { addresses, ms: ms(), errorCode: undefined }
  } catch (error) {
    return { addresses: [], ms: ms(), errorCode: (error as NodeJS.ErrnoException).code ?? 'ENOTFOUND' }
  } finally {
    clearTimeout(timer)
  }
}

/** Connects to one address and ends at once, having sent nothing. */
export async function reachAddress(address: string, port: number, timeoutMs: number): Promise<Reach> {
  const { ending, connectMs, endMs, error } = await exchange(
    { address, port, tls: undefined },
    { timeoutMs, isConnectedEnough: true },
  )
  const family = isIP(address) === 6 ? 6 : 4
  const errorCode = error?.code
  return {
    address,
    family,
    ms: connectMs ?? endMs,
    result: resultOf(connectMs, ending, errorCode),
    errorCode,
  }
}

function resultOf(
  connectMs: number | undefined,
  ending: string,
  errorCode: string | undefined,
): Reach['result'] {
  if (connectMs !== undefined) return 'open'
  switch (errorCode) {
    case 'ECONNREFUSED':
      return 'refused'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return 'unreachable'
    case 'ETIMEDOUT':
    case undefined:
      return 'no answer'
    default:
      return ending === 'failed' ? 'failed' : 'no answer'
  }
}

/** The loopback address of the other family, of addresses that are all loopback and of one family. */
export function otherLoopbackOf(addresses: readonly string[]): string | undefined {
  if (addresses.length === 0) return undefined
  if (addresses.every(address => address.startsWith('127.'))) return '::1'
  return addresses.every(address => address === '::1') ? '127.0.0.1' : undefined
}
