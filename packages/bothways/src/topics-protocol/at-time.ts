import { longestTimerMs } from '../connection/option-checks.ts'

/**
 * Calls a function once the clock says so, however far away that is.
 *
 * @param time in ms since 1970
 * @returns a function that calls it off
 */
export function atTime(time: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = (): void => {
    const look = (): void => (Date.now() < time ? wait() : callback())
    timer = setTimeout(look, Math.min(Math.max(0, time - Date.now()), longestTimerMs))
  }
  wait()
  return () => clearTimeout(timer)
}
