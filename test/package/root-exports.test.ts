import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as client from '@bothways/client'
import * as clientCore from '@bothways/client/core'
import * as clientWebSocket from '@bothways/client/websocket'
import * as nats from '@bothways/nats'
import * as nodejsWebsocket from '@bothways/nodejs-websocket'
import * as protocol from '@bothways/protocol'
import * as react from '@bothways/react'
import * as redis from '@bothways/redis'
import * as socketIo from '@bothways/socket.io'
import * as sqlite from '@bothways/sqlite'
import * as websocket from '@bothways/websocket'
import * as ws from '@bothways/ws'
import * as bothways from 'bothways'
import * as broker from 'bothways/broker'
import * as connection from 'bothways/connection'
import * as dropIn from 'bothways/drop-in'
import * as exchange from 'bothways/exchange'
import { expect, test } from 'vitest'

// A name in these lists is a promise to everybody who uses it: adding one is a decision.

test('bothways exports these names', () => {
  expect(Object.keys(bothways).sort()).toMatchInlineSnapshot(`
    [
      "CloseCode",
      "CloseEvent",
      "ConnectionClosedError",
      "HandshakeError",
      "HubError",
      "LimitError",
      "Meeting",
      "MemoryBroker",
      "MessageEvent",
      "Opcode",
      "ProtocolViolation",
      "ReadyState",
      "Server",
      "ServerSocket",
      "TopicsHttp",
      "UsageError",
      "WebSocket",
      "WebSocketError",
      "WebSocketErrorEvent",
      "WebSocketStream",
      "carryTopics",
      "createHub",
      "createServer",
      "formatMetrics",
      "isBothwaysError",
      "isSendableCloseCode",
      "maxCloseReasonBytes",
      "refuse",
      "serverMetrics",
      "startWorkers",
      "topicsRoute",
      "workerBroker",
    ]
  `)
})

test('A bundle for browsers finds every name of bothways, and one sentence that says what to use there', async () => {
  const file = join(import.meta.dirname, '../../packages/bothways/src/browser.ts')
  const names = readFileSync(file, 'utf8').matchAll(/^ {2}unavailable as (\w+),$/gm)
  expect(Array.from(names, ([, name]) => name).sort()).toEqual(Object.keys(bothways).sort())
  await expect(import(file)).rejects.toThrow('in a browser use the built-in WebSocket')
})

test('bothways/exchange exports these names', () => {
  expect(Object.keys(exchange).sort()).toEqual([
    'HandshakeRates',
    'OpenPlaces',
    'RequestBody',
    'isHttp2Server',
    'networkOf',
    'serveInTurn',
    'takeConnects',
  ])
})

test('bothways/broker exports these names', () => {
  expect(Object.keys(broker).sort()).toEqual([
    'Audience',
    'LocalPresence',
    'aFunction',
    'carriedAlone',
    'fingerprintOf',
    'invalidOption',
    'isDataText',
    'longestTimerMs',
    'newCheck',
    'newEpoch',
    'oneOf',
    'readPosition',
    'resolveOptions',
    'useBroker',
    'wholeNumber',
    'writePosition',
  ])
})

test('@bothways/sqlite, @bothways/redis and @bothways/nats export these names', () => {
  expect(Object.keys(sqlite)).toEqual(['SqliteBroker'])
  expect(Object.keys(redis)).toEqual(['RedisBroker'])
  expect(Object.keys(nats)).toEqual(['NatsBroker'])
})

test('bothways/drop-in exports these names', () => {
  expect(Object.keys(dropIn).sort()).toEqual([
    'answerTimeoutMs',
    'lateAnswerError',
    'throwLater',
    'wholeArrayBuffer',
  ])
})

test('bothways/connection exports these names', () => {
  expect(Object.keys(connection).sort()).toMatchInlineSnapshot(`
    [
      "ByteBudget",
      "Connection",
      "Deflater",
      "Inflater",
      "NotSentError",
      "Publication",
      "ReadyState",
      "SharedBytes",
      "WireFormat",
      "WorkGate",
      "defineInspection",
      "fairTime",
      "isBlob",
      "isByteSource",
      "isHttp2Stream",
      "messageBytes",
      "ownBytes",
      "resolveConnectionOptions",
      "shortReason",
      "takeTransport",
      "wholeFrame",
    ]
  `)
})

test('@bothways/protocol exports these names', () => {
  expect(Object.keys(protocol).sort()).toMatchInlineSnapshot(`
    [
      "BothwaysError",
      "CloseCode",
      "HandshakeError",
      "LimitError",
      "Opcode",
      "ProtocolViolation",
      "Receiver",
      "UsageError",
      "Utf8Validator",
      "acceptDeflateOffer",
      "acceptKey",
      "applyMask",
      "checkConnectRequest",
      "checkControlPayload",
      "checkDeflateResponse",
      "checkHeader",
      "checkRequest",
      "checkResponse",
      "checkSubprotocols",
      "chooseSubprotocol",
      "copyMasked",
      "createDeflateOffer",
      "createKey",
      "createReadMemory",
      "createRequestHeaders",
      "decodeUtf8",
      "deflateDirections",
      "deflateExtensionName",
      "encodeUtf8",
      "frameHeaderBytes",
      "isBothwaysError",
      "isControlOpcode",
      "isSendableCloseCode",
      "isToken",
      "isUtf8",
      "isValidKey",
      "keyBytes",
      "likelyCause",
      "limits",
      "maxCloseReasonBytes",
      "maxControlPayloadBytes",
      "messageTooBig",
      "parseCloseBody",
      "parseExtensions",
      "parseTokenList",
      "readHeaderLines",
      "readRequestHead",
      "refusedAnswers",
      "refusedRequests",
      "resolveDeflateOptions",
      "serializeCloseBody",
      "serializeExtensions",
      "serializeFrame",
      "serializeRefusal",
      "serializeResponse",
      "serverResponseHeaders",
      "usageCodes",
      "violations",
      "writeFrameHeader",
    ]
  `)
})

test('@bothways/client and its smaller entry export these names', () => {
  expect(Object.keys(client).sort()).toEqual(['ClientError', 'createClient'])
  expect(Object.keys(clientCore).sort()).toEqual(['ClientError', 'createClient'])
  expect(Object.keys(clientWebSocket)).toEqual(['ReconnectingWebSocket'])
})

test('@bothways/react exports these names', () => {
  expect(Object.keys(react).sort()).toMatchInlineSnapshot(`
    [
      "BothwaysProvider",
      "createHooks",
      "useClient",
      "useConnection",
      "useMembers",
      "usePublish",
      "useRequest",
      "useStateTopic",
      "useTopic",
      "useWebSocket",
    ]
  `)
})

test('@bothways/nodejs-websocket exports these names', () => {
  expect(Object.keys(nodejsWebsocket).sort()).toMatchInlineSnapshot(`
    [
      "connect",
      "createServer",
      "default",
      "module.exports",
      "setBinaryFragmentation",
      "setMaxBufferLength",
    ]
  `)
})

test('@bothways/websocket exports these names', () => {
  expect(Object.keys(websocket).sort()).toMatchInlineSnapshot(`
    [
      "client",
      "connection",
      "default",
      "deprecation",
      "frame",
      "module.exports",
      "request",
      "router",
      "server",
      "version",
      "w3cwebsocket",
    ]
  `)
})

test('@bothways/ws exports these names, and the class has them as statics', () => {
  expect(Object.keys(ws).sort()).toMatchInlineSnapshot(`
    [
      "PerMessageDeflate",
      "Receiver",
      "Sender",
      "Server",
      "WebSocket",
      "WebSocketServer",
      "createWebSocketStream",
      "default",
      "extension",
      "module.exports",
      "subprotocol",
    ]
  `)
  const statics = Object.keys(ws).filter(name => name !== 'default' && name !== 'module.exports')
  expect(statics.filter(name => Reflect.get(ws.default, name) !== Reflect.get(ws, name))).toEqual([])
})

test('@bothways/socket.io exports these names', () => {
  expect(Object.keys(socketIo).sort()).toMatchInlineSnapshot(`
    [
      "Adapter",
      "BroadcastOperator",
      "Engine",
      "MemoryBus",
      "Namespace",
      "RemoteSocket",
      "Server",
      "Socket",
      "meetTopics",
      "module.exports",
    ]
  `)
})
