import { describe, expect, test } from 'vitest'
import { implementations, runProgram } from './run-program.ts'

describe.each(implementations)('On %s', implementation => {
  test('@fastify/websocket routes, runs hooks, and handles the errors of handlers and of clients', async () => {
    expect(await runProgram('fastify.mjs', implementation)).toEqual([
      '{"room":"red","as":"a","protocol":"chat","ws":true} chat',
      '{"room":"blue","as":"b","protocol":"","ws":true}',
      'clients 2',
      'for everybody false',
      'for everybody false',
      '<Buffer 00 ff> true',
      'over HTTP: over HTTP',
      'over a WebSocket',
      'without upgrade: 404',
      'no such route: 404 {"message":"Route GET:/nowhere not found","error":"Not Found","statusCode":404}',
      'refused by a hook: 401 {"error":"who are you?"}',
      'refused by verifyClient: 403 Banned',
      "closed by the error handler: 4000 the handler failed [ 'not today' ]",
      'too much: 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: Max payload size exceeded',
      'HTTP/1.1 101 Switching Protocols ends with <Buffer 88 02 03 ea>',
      'closed with the server: 1005',
      'heard by injection',
    ])
  })

  test('express-ws routes through middleware and routers, and broadcasts to the clients of its server', async () => {
    expect(await runProgram('express-ws.mjs', implementation)).toEqual([
      'a page',
      'hello Ada / permessage-deflate',
      'true',
      '<Buffer 01 02 03> true',
      '{"params":{"room":"red"},"url":"/red/.websocket"}',
      'clients 5',
      'to everybody: news',
      'to everybody: news',
      'to everybody: news',
      'to everybody: news',
      'pong still there?',
      '/nowhere closes with 1005',
      '/fails closes with 1005',
      'clients 0',
      'closed',
    ])
  })

  test('A gateway of NestJS answers with values, streams and exceptions, on a path of its own', async () => {
    expect(await runProgram('nest.mjs', implementation)).toEqual([
      '{"event":"welcome","data":true} permessage-deflate',
      '{"event":"welcome","data":true}',
      '{"event":"echo","data":{"text":"ünïcödé","list":[1,2]}}',
      '{"event":"count","data":1} {"event":"count","data":2} {"event":"count","data":3}',
      '{"event":"told","data":2} {"event":"news","data":"hello"}',
      '{"event":"exception","data":{"status":"error","message":"not today","cause":{"pattern":"fails"}}}',
      '{"event":"echo","data":"still here"}',
      '{"event":"other","data":"elsewhere"}',
      'no such path: ECONNRESET',
      'closed 1000',
      'closed with the server: 1006',
      'closed with the server: 1006',
      'came to /events?as=first, came to /events?as=second, left, left',
    ])
  })
})
