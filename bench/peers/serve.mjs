// The common part of every peer that runs on Node, Bun or Deno. A peer is started as `PEER.mjs KIND`, prints its port
// on a line of its own, and serves every path until it is killed. KIND says what it does with a message:
//
//   echo, echo-deflate    sends the same bytes back, the latter where permessage-deflate was negotiated
//   text                  is given a string, and sends that string back
//   room, room-deflate    sends it to all clients, its sender included

const [kind = 'echo'] = globalThis.Deno?.args ?? process.argv.slice(2)

export const isText = kind === 'text'
export const isRoom = kind.startsWith('room')
export const isDeflate = kind.endsWith('-deflate')

/** Longer than the longest message of any workload. */
export const maxMessageBytes = 64 * 1024 * 1024

export function ready(port) {
  console.log(String(port))
}
