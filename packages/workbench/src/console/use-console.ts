import { useSyncExternalStore } from 'react'
import type { FrameSignal } from '../connection/frame-signal.ts'
import { ConsoleSession } from './console-session.ts'

/** The one connection of the console. */
export const consoleSession: ConsoleSession = new ConsoleSession()

/** Draws again at each signal: for the small parts that show what changes often. */
export function useSignal(signal: FrameSignal): number {
  return useSyncExternalStore(signal.subscribe, signal.version)
}

/**
 * Draws again when what is read has changed, however often the signal comes: for all that has fields in it.
 *
 * @param read returns something that is equal to itself as long as nothing has changed
 */
export function useReading<Value>(signal: FrameSignal, read: () => Value): Value {
  return useSyncExternalStore(signal.subscribe, read)
}
