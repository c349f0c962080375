import { useEffect, useSyncExternalStore } from 'react'
import { ConsoleSession } from './console-session.ts'

const session = new ConsoleSession()

/** The one connection of the console. The component draws again when something has happened, once in a frame. */
export function useConsole(): ConsoleSession {
  useSyncExternalStore(session.signal.subscribe, session.signal.version)
  const isDraining = session.bufferedAmount > 0 && session.readyState !== WebSocket.CLOSED
  useEffect(() => {
    // No event tells when bufferedAmount shrinks.
    if (!isDraining) return
    const timer = setInterval(() => session.signal.request(), 100)
    return () => clearInterval(timer)
  }, [isDraining])
  return session
}
