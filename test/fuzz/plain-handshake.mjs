import { acceptPlainly } from './bytes-check.mjs'
import { agreePlainly, elementsOf, extensionsPlainly, isTokenPlainly } from './plain-negotiation.mjs'

const hasToken = (value, token) =>
  elementsOf(value).some(it => isTokenPlainly(it) && it.toLowerCase() === token)
const hasDuplicate = list => new Set(list).size < list.length
const joined = value => (value === undefined ? undefined : [value].flat().join(', '))

/** A server's verdict on a request (RFC 6455 §4.2.1): the code of its refusal, or what was asked for. */
export function judgeRequest({ line, httpVersion, headers }) {
  if (line !== 'GET') return { code: 'BW_METHOD_NOT_GET' }
  if (!/^[0-9]\.[0-9]$/.test(httpVersion) || Number(httpVersion) < 1.1)
    return { code: 'BW_HTTP_VERSION_TOO_OLD' }
  if (typeof headers.host !== 'string' || headers.host === '') return { code: 'BW_HOST_MISSING' }
  if (!hasToken(headers.upgrade, 'websocket')) return { code: 'BW_UPGRADE_MISSING' }
  if (!hasToken(headers.connection, 'upgrade')) return { code: 'BW_CONNECTION_UPGRADE_MISSING' }
  if (joined(headers['sec-websocket-version']) !== '13') return { code: 'BW_VERSION_UNSUPPORTED' }
  const key = joined(headers['sec-websocket-key'])
  if (key === undefined || !/^[A-Za-z0-9+/]{22}==$/.test(key)) return { code: 'BW_KEY_INVALID' }
  const offered = headers['sec-websocket-protocol']
  const subprotocols = elementsOf(offered)
  const isList = offered === undefined || (subprotocols.length > 0 && subprotocols.every(isTokenPlainly))
  if (!isList || hasDuplicate(subprotocols)) return { code: 'BW_SUBPROTOCOL_HEADER_INVALID' }
  const extensions = extensionsPlainly(headers['sec-websocket-extensions'])
  if (extensions === undefined) return { code: 'BW_EXTENSIONS_HEADER_INVALID' }
  return { key, subprotocols, extensions, origin: joined(headers.origin) }
}

/** The verdict of a client that has asked for this on an answer (RFC 6455 §4.1). */
export function judgeResponse({ line, headers, key, subprotocols, offers }) {
  if (line !== 101) return { code: 'BW_STATUS_NOT_101' }
  const upgrade = joined(headers.upgrade)
  if (upgrade === undefined || !isTokenPlainly(upgrade) || upgrade.toLowerCase() !== 'websocket') {
    return { code: 'BW_UPGRADE_MISSING' }
  }
  if (!hasToken(headers.connection, 'upgrade')) return { code: 'BW_CONNECTION_UPGRADE_MISSING' }
  if (joined(headers['sec-websocket-accept']) !== acceptPlainly(key)) return { code: 'BW_ACCEPT_WRONG' }
  const subprotocol = joined(headers['sec-websocket-protocol'])
  if (subprotocol === undefined && subprotocols.length > 0) return { code: 'BW_SUBPROTOCOL_NOT_CHOSEN' }
  if (subprotocol !== undefined && !subprotocols.includes(subprotocol))
    return { code: 'BW_SUBPROTOCOL_NOT_OFFERED' }
  const extensions = extensionsPlainly(headers['sec-websocket-extensions'])
  if (extensions === undefined) return { code: 'BW_EXTENSIONS_HEADER_INVALID' }
  const names = extensions.map(([name]) => name)
  if (names.some(name => !offers.some(([offered]) => offered === name)))
    return { code: 'BW_EXTENSION_NOT_OFFERED' }
  if (hasDuplicate(names)) return { code: 'BW_EXTENSION_PARAMETERS_INVALID' }
  const deflate = extensions.find(([name]) => name === 'permessage-deflate')
  const agreement = deflate && agreePlainly(deflate[1], offers)
  if (deflate !== undefined && agreement === undefined) return { code: 'BW_EXTENSION_PARAMETERS_INVALID' }
  return { subprotocol: subprotocol ?? '', extensions, deflate: agreement }
}
