/** Clock, chance and network of the runtime, which tests replace. */
export interface Environment {
  /** Milliseconds that never go back, sleep of the device included. */
  now(): number
  /** Milliseconds since 1970. */
  date(): number
  /** Calls once. @returns a function that cancels it */
  setTimer(callback: () => void, ms: number): () => void
  /** From 0 to 1. */
  random(): number
  /**
   * Tells whether the device says that it is on the network, at once and when that changes, and when it is looked at again.
   *
   * @returns a function that ends it
   */
  listen(listener: (event: 'online' | 'offline' | 'wake') => void): () => void
}

/** The globals of browsers, which other runtimes have in part. */
interface Globals {
  readonly document?: { readonly visibilityState: string } & Target
  readonly navigator?: { readonly onLine?: boolean }
}

export interface Target {
  addEventListener(type: string, listener: Listener): void
  removeEventListener(type: string, listener: Listener): void
}

// biome-ignore lint/suspicious/noExplicitAny: each type has its own events
type Listener = (event?: any) => void

type Listened = readonly [from: Partial<Target> | undefined, type: string, listener: Listener]

/** Listens where there is something to listen to. @returns a function that ends it */
export function listenTo(events: readonly Listened[]): () => void {
  for (const [from, type, listener] of events) from?.addEventListener?.(type, listener)
  return () => {
    for (const [from, type, listener] of events) from?.removeEventListener?.(type, listener)
  }
}

/** The runtime's own. */
export function runtimeEnvironment(): Environment {
  let date = Date.now()
  let time = performance.now()
  let elapsed = 0
  return {
    now() {
      // Some clocks stand still while the device sleeps, others are set back: the one that went furthest counts.
      elapsed += Math.max(Date.now() - date, performance.now() - time, 0)
      date = Date.now()
      time = performance.now()
      return elapsed
    },
    date: () => Date.now(),
    setTimer(callback, ms) {
      // Longer ones would come at once.
      const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1))
      return () => clearTimeout(timer)
    },
    random: Math.random,
    listen(listener) {
      const { document, navigator } = globalThis as Globals
      const target = globalThis as Partial<Target>
      const stop = listenTo([
        [target, 'online', () => listener('online')],
        [target, 'offline', () => listener('offline')],
        [document, 'visibilitychange', () => document?.visibilityState === 'visible' && listener('wake')],
      ])
      listener(navigator?.onLine === false ? 'offline' : 'online')
      return stop
    },
  }
}
