const reserved = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']
const longestNumber = 15

/**
 * The packets in the messages of a client (Socket.IO protocol v5, "Packet encoding"), and `error` at the first thing
 * that breaks the protocol.
 *
 * @param {(string | Buffer)[]} received
 */
export function parsePlainly(received, maxAttachments) {
  const packets = []
  /** @type {{ packet: object, count: number, attachments: Buffer[] } | undefined} */
  let unfinished
  for (const it of received) {
    if (typeof it === 'string') {
      const read = unfinished === undefined ? readText(it, maxAttachments) : undefined
      if (read === undefined) return [...packets, 'error']
      if (read.count === 0) packets.push(read.packet)
      else unfinished = { ...read, attachments: [] }
      continue
    }
    if (unfinished === undefined) return [...packets, 'error']
    unfinished.attachments.push(it)
    if (unfinished.attachments.length < unfinished.count) continue
    const { packet, attachments } = unfinished
    const isWhole = placeholdersIn(packet.data).every(num => [...attachments.keys()].includes(num))
    if (!isWhole) return [...packets, 'error']
    packets.push({ ...packet, data: fill(packet.data, attachments) })
    unfinished = undefined
  }
  return packets
}

function readText(text, maxAttachments) {
  const [, digit, rest] = /^([0-6])(.*)$/s.exec(text) ?? []
  if (digit === undefined) return undefined
  const isBinary = digit === '5' || digit === '6'
  const [, announced, behind] = isBinary ? (/^(\d+)-(.*)$/s.exec(rest) ?? []) : [undefined, '0', rest]
  if (announced === undefined) return undefined
  const count = Number(announced)
  if (isBinary && (count < 1 || count > maxAttachments || announced.length > longestNumber)) return undefined
  const [, nsp, after] = /^(\/[^,]*),?(.*)$/s.exec(behind) ?? [undefined, '/', behind]
  const [, id, json] = /^(\d*)(.*)$/s.exec(after)
  if (id.length > longestNumber) return undefined
  const type = { 5: 2, 6: 3 }[digit] ?? Number(digit)
  const packet = { type, nsp, ...(id !== '' && { id: Number(id) }) }
  if (json === '') return isBinary ? undefined : { packet, count }
  try {
    packet.data = JSON.parse(json)
  } catch {
    return undefined
  }
  return isPayload(type, packet.data) ? { packet, count } : undefined
}

function isPayload(type, data) {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data)
  if (type === 0) return isObject
  if (type === 2)
    return (
      Array.isArray(data) &&
      (typeof data[0] === 'number' || (typeof data[0] === 'string' && !reserved.includes(data[0])))
    )
  if (type === 3) return Array.isArray(data)
  return type === 4 && (isObject || typeof data === 'string')
}

const isPlaceholder = value => typeof value === 'object' && value !== null && value._placeholder === true

function placeholdersIn(value) {
  if (isPlaceholder(value)) return [value.num]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(placeholdersIn) : []
}

function fill(value, attachments) {
  if (isPlaceholder(value)) return attachments[value.num]
  if (Array.isArray(value)) return value.map(item => fill(item, attachments))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, attachments)]))
}

/** The messages for a packet: its text, and the bytes that are in its data. */
export function writePlainly({ type, nsp, id, data }) {
  const attachments = []
  const json = JSON.stringify(takeOut(data, attachments))
  const digit = attachments.length > 0 ? { 2: 5, 3: 6 }[type] : type
  const count = attachments.length > 0 ? `${attachments.length}-` : ''
  return [`${digit}${count}${nsp === '/' ? '' : `${nsp},`}${id ?? ''}${json ?? ''}`, ...attachments]
}

function takeOut(value, attachments) {
  if (Buffer.isBuffer(value)) return { _placeholder: true, num: attachments.push(value) - 1 }
  if (Array.isArray(value)) return value.map(item => takeOut(item, attachments))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, takeOut(item, attachments)]))
}
