import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'

const probeMs = 1_000
/** After somebody came: a burst may be over before the next probe. */
const probeAfterArrivalMs = 50

/**
 * Sees that the process has run out of file descriptors. Nobody tells: libuv then takes every new connection for a
 * moment and closes it, so that it does not wait for ever. So this tries whether there is one left.
 */
export class DescriptorWatch {
  readonly #onShortage: (error: Error) => void
  readonly #timer: NodeJS.Timeout
  #arrivalTimer: NodeJS.Timeout | undefined
  #isShort = false

  /** @param onShortage called when a shortage begins, not again before it has ended */
  constructor(onShortage: (error: Error) => void) {
    this.#onShortage = onShortage
    this.#timer = setInterval(() => this.#probe(), probeMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#arrivalTimer)
  }

  /** A connection has come. */
  arrived(): void {
    this.#arrivalTimer ??= setTimeout(() => {
      this.#arrivalTimer = undefined
      this.#probe()
    }, probeAfterArrivalMs).unref()
  }

  #probe(): void {
    const error = shortage()
    const hasBegun = error !== undefined && !this.#isShort
    this.#isShort = error !== undefined
    if (hasBegun) this.#onShortage(error)
  }
}

/** An error of the codes `EMFILE` (this process) or `ENFILE` (the machine), or undefined when there is one left. */
function shortage(): Error | undefined {
  try {
    closeSync(openSync(devNull, 'r'))
    return undefined
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'EMFILE' && code !== 'ENFILE') return undefined
    const text =
      'No file descriptor is left: new connections are closed unseen. ' +
      'Let the process have more (ulimit -n, LimitNOFILE), or lower the option maxConnections.'
    return Object.assign(new Error(text, { cause }), { code })
  }
}
