import { randomUUID } from 'node:crypto'
import type { Route, ServerSocket } from 'bothways'
import type { CompareEvent } from '../messages.ts'
import { parseObject } from '../parse-object.ts'
import { compareLimits, Viewer } from './viewer.ts'

const reportIntervalMs = 500

const slowReaderBytes = 64 * 1024

/**
 * The control connection: whoever opens it becomes a viewer, sets the rate of changes, reads the server's clock
 * and is told what each way has cost. The viewer lives as long as this connection.
 */
export function compareControlRoute(viewers: Map<string, Viewer>): Route<undefined> {
  const bySocket = new Map<ServerSocket, { viewer: Viewer; timer: NodeJS.Timeout }>()
  const send = (socket: ServerSocket, event: CompareEvent): void => {
    socket.send(JSON.stringify(event))
  }
  const report = (socket: ServerSocket, viewer: Viewer): void => {
    if (socket.bufferedAmount > slowReaderBytes) return
    send(socket, { type: 'traffic', changes: viewer.changes, ways: viewer.traffic() })
  }
  return {
    open(socket) {
      if (viewers.size >= compareLimits.viewers) {
        socket.close(1013, 'Too many viewers.')
        return
      }
      const viewer = new Viewer(randomUUID())
      viewers.set(viewer.id, viewer)
      bySocket.set(socket, { viewer, timer: setInterval(() => report(socket, viewer), reportIntervalMs) })
      const { id, feed, perSecond } = viewer
      send(socket, { type: 'hello', viewer: id, sequence: feed.last, perSecond })
    },
    message(socket, message) {
      const viewer = bySocket.get(socket)?.viewer
      const request = parseObject(message)
      if (viewer === undefined || request === undefined) return
      if (request.type === 'time' && typeof request.sent === 'number') {
        send(socket, { type: 'time', sent: request.sent, date: performance.timeOrigin + performance.now() })
      } else if (request.type === 'rate' && Number.isFinite(request.perSecond)) {
        viewer.setRate(Number(request.perSecond))
        send(socket, { type: 'rate', perSecond: viewer.perSecond })
      } else if (request.type === 'reset') {
        viewer.reset()
        report(socket, viewer)
      }
    },
    close(socket) {
      const { viewer, timer } = bySocket.get(socket) ?? {}
      clearInterval(timer)
      bySocket.delete(socket)
      if (viewer === undefined) return
      viewers.delete(viewer.id)
      viewer.leave()
    },
  }
}

/** The fourth way: each change is pushed as it happens. */
export function compareSocketRoute(viewers: ReadonlyMap<string, Viewer>): Route<undefined> {
  const streams = new Map<ServerSocket, { push: () => void; end: () => void }>()
  return {
    open(socket) {
      const { searchParams } = socket.request.url
      const viewer = viewers.get(searchParams.get('viewer') ?? '')
      let sent = Number(searchParams.get('after') ?? '0')
      if (viewer === undefined || !Number.isSafeInteger(sent) || sent < 0) {
        socket.close(4400, 'Expected ?viewer=ID&after=N.')
        return
      }
      if (!viewer.hold('socket')) {
        socket.close(4429, 'This viewer has too many connections open.')
        return
      }
      const push = (): void => {
        if (socket.bufferedAmount > slowReaderBytes) return
        for (const change of viewer.feed.after(sent)) socket.send(JSON.stringify(change))
        sent = viewer.feed.last
      }
      const endListening = viewer.feed.onChange(push)
      const leave = (): void => socket.close(1001, 'The control connection is gone.')
      viewer.signal.addEventListener('abort', leave)
      viewer.addSocket(socket)
      streams.set(socket, {
        push,
        end() {
          endListening()
          viewer.signal.removeEventListener('abort', leave)
          viewer.removeSocket(socket)
          viewer.release('socket')
        },
      })
      push()
    },
    drain(socket) {
      streams.get(socket)?.push()
    },
    close(socket) {
      streams.get(socket)?.end()
      streams.delete(socket)
    },
  }
}
