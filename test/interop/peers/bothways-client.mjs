// Our client in whatever runtime starts this, through the whole conversation.
import { WebSocket } from 'bothways'
import { converse } from './conversation.mjs'

const [url, peer] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2)
// It tells nobody of empty texts, and answers every close with 1000.
const able = peer === 'websocket' ? { cannotEmptyText: true, closeCodeSeen: 1000 } : {}
const ping = async socket => void (await socket.ping('are you there'))
console.log(JSON.stringify(await converse(() => new WebSocket(url, ['b', 'a']), { ...able, ping })))
// Bun and Deno would wait for timers that do not matter any more.
globalThis.process.exit(0)
