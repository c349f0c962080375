import { isSerializedOrigin, originRefusal } from '../../packages/bothways/src/opening/origin.ts'
import { assert, assertSame, show } from './assert.mjs'

/** Clients that may connect are accepted; no others. */
export function checkOrigin({ origin, host, origins, missingOrigin }) {
  const refusal = originRefusal(origin, host, { origins, missingOrigin })
  const isAllowed = isAllowedPlainly(origin, host, origins, missingOrigin)
  assertSame(
    refusal === undefined,
    isAllowed,
    `${origin} at ${host} with ${show(origins)} and ${missingOrigin}`,
  )
  assert(refusal === undefined || /^[\x20-\x7e]+$/.test(refusal), () => `refused with ${show(refusal)}`)
  if (origin === undefined) return
  const isSerialized = origin === 'null' || isSerializedPlainly(origin)
  assertSame(isSerializedOrigin(origin), isSerialized, `whether ${origin} is what a browser sends`)
}

function isAllowedPlainly(origin, host, origins, missingOrigin) {
  if (origin === undefined) return missingOrigin === 'accept'
  if (origins === '*' || origins.includes(origin)) return true
  const [, scheme, authority] = /^([a-z]+):\/\/([^/?#@\\ ]+)$/i.exec(origin) ?? []
  const defaultPort = { http: ':80', https: ':443' }[scheme?.toLowerCase()]
  if (defaultPort === undefined || host === undefined) return false
  return !/[/@]/.test(host) && whole(host, defaultPort) === whole(authority, defaultPort)
}

/** Host and port as they are compared. */
function whole(authority, defaultPort) {
  const text = authority.toLowerCase().replace(/:0+(?=\d)/, ':')
  return /:\d+$/.test(text.replace(/^\[.*\]/, '')) ? text : text + defaultPort
}

function isSerializedPlainly(origin) {
  const [, scheme, authority] = /^([a-z-]+):\/\/(.+)$/.exec(origin) ?? []
  if (scheme === undefined) return false
  if (scheme !== 'http' && scheme !== 'https') return !/[/?#\s@]/.test(authority)
  const port = /:(\d+)$/.exec(authority.replace(/^\[.*\]/, ''))?.[1]
  const isDefault = port === (scheme === 'http' ? '80' : '443')
  return (
    authority === authority.toLowerCase() && !/[/?#\s@\\]/.test(authority) && !isDefault && port?.[0] !== '0'
  )
}
