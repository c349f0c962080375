import type { VariantName } from '../evidence.ts'
import type { Target } from '../target.ts'
import type { Ask } from './http.ts'

/** Paths where WebSocket servers commonly listen. */
const commonPaths = ['/', '/ws', '/websocket', '/socket', '/echo']

/** Where webpack-dev-server has its own, for hot reload. */
export const webpackPath = '/ws'

/** Subprotocols without which some servers refuse. */
const commonProtocols = [
  'graphql-transport-ws',
  'graphql-ws',
  'mqtt',
  'v12.stomp',
  'v10.stomp',
  'wamp.2.json',
  'ocpp1.6',
  'actioncable-v1-json',
  'sip',
  'xmpp',
]

export const foreignOrigin = 'https://bothways-doctor.example'

/** The requests to compare the first with: each differs from it in one thing. */
export function changesFor(
  { origin: ownOrigin, url }: Target,
  origin: string,
  offered: readonly string[],
): (readonly [VariantName, Partial<Ask>])[] {
  const changes: [VariantName, Partial<Ask>][] = [
    ['plain', { upgrade: false }],
    ['stripped', { isStripped: true }],
    ['without origin', { origin: undefined }],
    ['without compression', { deflate: false }],
  ]
  if (origin !== ownOrigin) changes.push(['own origin', { origin: ownOrigin }])
  else changes.push(['foreign origin', { origin: foreignOrigin }])
  if (offered.length > 0) changes.push(['without subprotocols', { protocols: [] }])
  else changes.push(['known subprotocols', { protocols: commonProtocols }])
  changes.push(['HTTP/1.0', { httpVersion: '1.0' }])
  if (url.pathname !== '/') changes.push(['other slash', { path: otherSlash(url) }])
  return changes
}

/** Other paths to look for a WebSocket server on. */
export function otherPaths({ url: { pathname } }: Target): string[] {
  // Phoenix and SockJS have their transports below the path that their own clients are given.
  const below = /\/(websocket)?$/.test(pathname) ? [] : [`${pathname}/websocket`]
  return [...below, ...commonPaths.filter(path => path !== pathname)]
}

function otherSlash(url: URL): string {
  const { pathname, search } = url
  return `${pathname.endsWith('/') ? pathname.slice(0, -1) : `${pathname}/`}${search}`
}
