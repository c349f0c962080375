import { cases } from '@bothways/test-support/socket-io/cases'
import { run, type Trace } from '@bothways/test-support/socket-io/scene'
import { Server as Original } from 'socket.io'
import { describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { Server } from './index.ts'

// The same script on npm's socket.io and on ours: the server's events and the bytes on the wire are the same.
describe('As npm socket.io', () => {
  for (const [name, { options = {}, script }] of Object.entries(cases)) {
    test.concurrent(name, async () => {
      // By itself it would find the ES modules of ws here, which lack the name it wants.
      const originalOptions = { ...options, wsEngine: WebSocketServer }
      const theirs = await run(Original as unknown as typeof Server, originalOptions, script)
      const ours = await run(Server, { ...options }, script)
      expect(withoutOffsets(ours)).toEqual(withoutOffsets(theirs))
    })
  }
})

/** Offsets of recovery are the last string of an event, and nobody's business. */
function withoutOffsets({ log, frames }: Trace): Trace {
  const replace = (text: string): string => text.replace(/,"[\w.-]{6,}"\]$/, ',"OFFSET"]')
  return { log, frames: frames.map(it => it.map(replace)) }
}
