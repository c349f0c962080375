import { type Draft, draft } from '../catalogue/draft.ts'
import type { Evidence } from '../evidence.ts'
import type { Reach } from '../probes/reach.ts'

/** The findings from the resolver and the connects. */
export function concludeAddresses({ names, reaches, target, otherLoopback }: Evidence): Draft[] {
  const { host, port } = target
  if (names.addresses.length === 0) {
    const isSilent = names.errorCode === 'EAI_AGAIN' || names.errorCode === 'ETIMEOUT'
    return [
      draft(isSilent ? 'BW_DOCTOR_NAME_SERVER_SILENT' : 'BW_DOCTOR_NAME_NOT_FOUND', { host }, [
        `getaddrinfo ${host}: ${names.errorCode} after ${names.ms} ms`,
      ]),
    ]
  }
  const evidence = reaches.map(reach => showReach(reach, port))
  const open = reaches.filter(({ result }) => result === 'open')
  const closed = reaches.filter(({ result }) => result !== 'open')
  if (open.length > 0) {
    if (closed.length === 0) return []
    const facts = { open: list(open, port), closed: list(closed, port) }
    return [draft('BW_DOCTOR_ADDRESS_CLOSED', facts, evidence)]
  }
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const worst = closed.find(({ result }) => result === 'refused') ?? closed[0]
  const isElsewhere = otherLoopback?.result === 'open'
  const there = isElsewhere ? list([otherLoopback], port) : ''
  const also = isElsewhere
    ? {
        en: ` On ${there} something does listen: use that address in the URL, or let the server listen on :: (both families).`,
        zh: `${there} 上有程序监听：请在 URL 中使用该地址，或让服务器监听 ::（同时支持 IPv4 和 IPv6）。`,
      }
    : ''
  if (otherLoopback !== undefined) evidence.push(showReach(otherLoopback, port))
  const facts = { where, also, errorCode: worst?.errorCode ?? 'no address' }
  if (worst?.result === 'refused') return [draft('BW_DOCTOR_PORT_CLOSED', facts, evidence)]
  if (worst?.result === 'unreachable') return [draft('BW_DOCTOR_UNREACHABLE', facts, evidence)]
  return [draft('BW_DOCTOR_NO_ANSWER', facts, evidence)]
}

function list(reaches: readonly Reach[], port: number): string {
  return reaches
    .map(({ address }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`))
    .join(', ')
}

function showReach({ address, ms, result, errorCode }: Reach, port: number): string {
  return `TCP ${address} port ${port}: ${result}${errorCode === undefined ? '' : ` (${errorCode})`} after ${ms} ms`
}
