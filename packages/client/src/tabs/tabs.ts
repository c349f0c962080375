import {
  type Line,
  listenTo,
  type OpenLine,
  openSession,
  type TransportContext,
  type TransportHandler,
} from '../core/transport-kit.ts'
import { listenOn, type Origin } from './channel.ts'
import { createElection } from './election.ts'
import { joinLeader, type LeaderTransport } from './leader-transport.ts'
import { createRelay, type Relay } from './relay.ts'

/**
 * One connection for all tabs that name the same URL. The tab that holds a lock leads: it has the connection, and is the server for
 * the clients of all tabs, its own among them. When it closes, crashes or freezes another one has the lock, and each client resumes
 * there as after any break.
 */
export function shareLine(openLine: OpenLine, url: string, origin: Origin): OpenLine {
  const { locks, BroadcastChannel, page, document } = origin
  const name = `bothways ${url}`
  let context: TransportContext
  let transport: LeaderTransport | undefined
  let relay: Relay | undefined
  let isAsleep = false
  let isRefused = false
  let stopListening: (() => void) | undefined

  const lead = () => {
    const by = crypto.randomUUID()
    const channel = new BroadcastChannel(name)
    /** Each request for a lock has a signal of its own: a runtime may warn of many who listen to one. */
    const watches = new Set<AbortController>()
    const own = createRelay(context.environment, {
      open: handler => openLine(context, handler),
      tell(to, said) {
        if (to.length > 0) channel.postMessage({ by, to, ...said })
      },
      watch(tab, onGone) {
        const watch = new AbortController()
        watches.add(watch)
        const gone = async () => {
          watches.delete(watch)
          onGone()
        }
        locks.request(`${name} ${tab}`, { signal: watch.signal }, gone).catch(() => {})
      },
    })
    const stop = () => {
      if (relay !== own) return
      relay = undefined
      for (const watch of watches) watch.abort()
      channel.onmessage = null
      channel.close()
      own.end()
    }
    relay = own
    listenOn(channel, said => {
      if ('from' in said) own.hear(said)
      // Another one found this one silent.
      else if ('leader' in said) stop()
    })
    channel.postMessage({ leader: by })
    own.connect()
    return stop
  }

  const begin = () => {
    election.stand()
    void transport?.begin()
  }
  const leave = () => {
    election.leave()
    transport?.end({ code: 'lost', isOtherNext: true })
  }
  /** Each tab for itself. */
  const refused = () => {
    isRefused = true
    leave()
  }
  const election = createElection(locks, name, { lead, refused })

  /** A page that is frozen, or kept for the way back, must not lead. */
  const sleep = () => {
    isAsleep = true
    leave()
  }
  const wake = () => {
    if (isAsleep) begin()
    isAsleep = false
  }

  const open = (_: unknown, client: TransportHandler) => {
    const handler = { onSilence: election.seize, onRefused: refused }
    transport = joinLeader(name, origin, context.environment, client, handler)
    if (!isAsleep) begin()
    return transport
  }

  return (given, handler) => {
    if (isRefused) return openLine(given, handler)
    context = given
    // The leader says who this is.
    // Nor is it of a tab what the page forbids: that is the leader's connection.
    const own = { ...given, token: undefined, blocked: new Set<boolean>() }
    const session: Line = openSession({ kind: 'websocket', open }, own, handler)
    stopListening ??= listenTo([
      [page, 'pagehide', sleep],
      [page, 'pageshow', wake],
      [document, 'freeze', sleep],
      [document, 'resume', wake],
    ])
    relay?.connect()
    return {
      send: session.send,
      probe() {
        session.probe()
        relay?.probe()
      },
      end() {
        session.end()
        election.leave()
        stopListening?.()
        stopListening = undefined
      },
    }
  }
}
