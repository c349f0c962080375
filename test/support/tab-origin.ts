interface Request {
  readonly tab: FakeTab
  readonly hold: () => Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The tabs of one origin, with the locks and the channels that they share, in one process. */
export class FakeOrigin {
  readonly tabs: Set<FakeTab> = new Set<FakeTab>()
  readonly held: Map<string, Request> = new Map<string, Request>()
  readonly waiting: Map<string, Request[]> = new Map<string, Request[]>()
  /** Whether locks and channels throw, as where storage is forbidden. */
  isForbidden = false

  tab(): FakeTab {
    const tab = new FakeTab(this)
    this.tabs.add(tab)
    return tab
  }

  /** Gives a free lock to the tab that waits longest. */
  grant(name: string): void {
    if (this.held.has(name)) return
    const queue = this.waiting.get(name) ?? []
    const next = queue.shift()
    if (next === undefined) return
    this.held.set(name, next)
    const done = () => {
      if (this.held.get(name) !== next) return
      this.held.delete(name)
      next.resolve()
      this.grant(name)
    }
    next.tab.later(() => void next.hold().then(done))
  }
}

/** One tab: the environment of the code in it, and the events that can happen to it. */
export class FakeTab {
  readonly #origin: FakeOrigin
  readonly #channels = new Set<FakeChannel>()
  readonly #listeners: [type: string, listener: () => void][] = []
  #held: (() => void)[] | undefined
  isDead = false

  constructor(origin: FakeOrigin) {
    this.#origin = origin
  }

  get channels(): ReadonlySet<FakeChannel> {
    return this.#channels
  }

  // As the code of the tab sees it.

  readonly page = {
    addEventListener: (type: string, listener: () => void): void => {
      this.#listeners.push([type, listener])
    },
    removeEventListener: (type: string, listener: () => void): void => {
      const at = this.#listeners.findIndex(([t, l]) => t === type && l === listener)
      if (at >= 0) this.#listeners.splice(at, 1)
    },
  }

  get document(): FakeTab['page'] {
    return this.page
  }

  readonly locks = {
    request: (
      name: string,
      { signal, steal }: { readonly signal?: AbortSignal; readonly steal?: boolean },
      hold: () => Promise<void>,
    ): Promise<void> =>
      new Promise((resolve, reject) => {
        const origin = this.#origin
        if (origin.isForbidden) {
          reject(Object.assign(new Error('forbidden'), { name: 'SecurityError' }))
          return
        }
        const aborted = () => Object.assign(new Error('aborted'), { name: 'AbortError' })
        const request = { tab: this, hold, resolve, reject }
        const queue = origin.waiting.get(name) ?? []
        origin.waiting.set(name, queue)
        if (steal) {
          const holder = origin.held.get(name)
          origin.held.delete(name)
          holder?.tab.later(() => holder.reject(aborted()))
          queue.unshift(request)
        } else queue.push(request)
        signal?.addEventListener('abort', () => {
          const at = queue.indexOf(request)
          if (at >= 0) queue.splice(at, 1)
          reject(aborted())
        })
        origin.grant(name)
      }),
  }

  get BroadcastChannel(): new (
    name: string,
  ) => FakeChannel {
    const tab = this
    return class extends FakeChannel {
      constructor(name: string) {
        if (tab.#origin.isForbidden) throw new Error('forbidden')
        super(name, tab, tab.#origin)
        tab.#channels.add(this)
      }
    }
  }

  // Events of the tab.

  /** Calls soon, or when the tab is thawed. */
  later(work: () => void): void {
    queueMicrotask(() => {
      if (this.isDead) return
      if (this.#held !== undefined) this.#held.push(work)
      else work()
    })
  }

  fire(type: string): void {
    for (const [t, listener] of [...this.#listeners]) if (t === type) listener()
  }

  /** It stands still, with or without a word before. */
  freeze(): void {
    this.#held ??= []
  }

  thaw(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const work of held) work()
  }

  crash(): void {
    this.isDead = true
    this.#channels.clear()
    for (const queue of this.#origin.waiting.values()) {
      for (const request of [...queue]) if (request.tab === this) queue.splice(queue.indexOf(request), 1)
    }
    for (const [name, { tab }] of [...this.#origin.held]) {
      if (tab !== this) continue
      this.#origin.held.delete(name)
      this.#origin.grant(name)
    }
    this.#origin.tabs.delete(this)
  }
}

class FakeChannel {
  // biome-ignore lint/suspicious/noExplicitAny: what is said is the code's
  onmessage: ((event: { readonly data: any }) => void) | null = null
  readonly #name: string
  readonly #tab: FakeTab
  readonly #origin: FakeOrigin

  constructor(name: string, tab: FakeTab, origin: FakeOrigin) {
    this.#name = name
    this.#tab = tab
    this.#origin = origin
  }

  postMessage(said: unknown): void {
    if (this.#tab.isDead) return
    if (!this.#tab.channels.has(this)) throw new Error('This channel is closed.')
    const data = structuredClone(said)
    for (const tab of this.#origin.tabs) {
      for (const channel of tab.channels) {
        if (channel !== this && channel.#name === this.#name)
          tab.later(() => tab.channels.has(channel) && channel.onmessage?.({ data }))
      }
    }
  }

  close(): void {
    ;(this.#tab.channels as Set<FakeChannel>).delete(this)
  }
}
