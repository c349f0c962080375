import type { Worker } from 'node:cluster'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@bothways/protocol'
import { invalidOption, longestTimerMs } from '../connection/option-checks.ts'
import { aFunction, type OptionRules, resolveOptions, wholeNumber } from '../connection/option-rules.ts'
import type { Broker } from '../hub/broker/broker.ts'
import { useBroker } from '../hub/broker/broker-use.ts'
import { MemoryBroker } from '../hub/broker/memory-broker.ts'
import { aBroker } from '../hub/hub-options.ts'
import { BrokerHost } from './broker-host.ts'
import { nodeCluster } from './cluster.ts'
import { rescueConnections } from './handed-over.ts'
import type { Answer, Call } from './messages.ts'
import { ProcessChannel } from './process-channel.ts'
import { keyWindowVariable } from './worker.ts'

export interface WorkersOptions {
  /** The program that each worker runs, as a path or a `file:` URL. It listens on a port, the same in each. */
  module: string | URL
  /** Default: one for each processor. */
  count?: number
  /** Where the topics of all workers are; it is used in this process alone. Default: a {@link MemoryBroker}. */
  broker?: Broker
  /** How long a worker that was told to end (SIGTERM) may take before it is killed, in ms. Default 10,000. */
  drainMs?: number
  /** Told when a worker has ended that was not to. Default: `console.error`. */
  onExit?(exit: WorkerExit): void
  /** Told of failures inside the broker. Default: `console.error`. */
  onError?(error: unknown): void
}

/** {@link WorkersOptions} with every default filled in; the module as a path. */
interface WorkersSettings extends Readonly<Required<WorkersOptions>> {
  readonly module: string
}

const rules: OptionRules<WorkersOptions, WorkersSettings> = {
  module: ({ module }, name) => {
    if (typeof module !== 'string' && !(module instanceof URL)) {
      throw invalidOption(name, 'the path or the file: URL of the program of the workers', module)
    }
    return String(module).startsWith('file:') ? fileURLToPath(module) : String(module)
  },
  count: wholeNumber(availableParallelism(), 1),
  broker: options => aBroker(options) ?? new MemoryBroker(),
  drainMs: wholeNumber(10_000, 1, longestTimerMs),
  onExit: (options, name) =>
    aFunction(options, name) ??
    (({ pid, code, signal }) => console.error(`Worker ${pid} has ended with ${signal ?? code}.`)),
  onError: (options, name) => aFunction(options, name) ?? (error => console.error(error)),
}

export interface WorkerExit {
  readonly pid: number
  /** `null` when a signal has ended it. */
  readonly code: number | null
  readonly signal: string | null
}

export interface Workers {
  /** The process ids of those that listen. */
  readonly pids: readonly number[]
  /**
   * Replaces all by new ones, one after the other: a worker is told to end when its successor listens. SIGHUP does it, too.
   * Rejects when a new one does not come to listen: then the old ones stay.
   */
  reload(): Promise<void>
  /** Ends all, each by SIGTERM, then gives the broker back, as a hub does. SIGTERM and SIGINT do it, too. */
  close(): Promise<void>
}

/** A worker that ends again and again is started again after so long, in ms, doubled each time. */
const firstDelayMs = 100
const longestDelayMs = 10_000

/** A worker that has lived for so long has started well, in ms. */
const healthyMs = 10_000

/** Whether a worker still turns its event loop is asked so often; without an answer for so long it is killed, in ms. */
const askMs = 10_000
const silentMs = 60_000

/**
 * Runs a program in several processes on one port (`node:cluster`): connections are handed to them in turn, one that dies is
 * replaced, and topics are shared: in the program, `createHub({ broker: workerBroker() })`. Resolves when all listen.
 *
 * Rejects when one of them ends before it listens.
 *
 * @throws UsageError `BW_INVALID_OPTION`, `BW_UNKNOWN_OPTION`, `BW_WRONG_PROCESS` in a worker
 *
 * @example
 * if (cluster.isPrimary) await startWorkers({ module: import.meta.filename })
 * else await createServer({ hub: createHub({ broker: workerBroker() }) }).listen({ port: 8080 })
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const workers = new RunningWorkers(options)
  await workers.start()
  return workers
}

interface Running {
  readonly channel: ProcessChannel<Call, Answer>
  readonly host: BrokerHost
  /** When something of it was heard, in ms; undefined until it uses the broker: before that nobody in it would answer. */
  heardMs: number | undefined
}

class RunningWorkers implements Workers {
  readonly #settings: WorkersSettings
  readonly #stopUsing: (givesUp: boolean) => Promise<void>
  readonly #listening = new Set<Worker>()
  readonly #all = new Map<Worker, Running>()
  #delayMs = firstDelayMs
  #closed: Promise<void> | undefined
  #reloading: Promise<void> | undefined
  readonly #reloadAtSignal = (): void => void this.reload().catch(this.#settings.onError)
  readonly #closeAtSignal = (): void => void this.close().catch(this.#settings.onError)

  constructor(options: WorkersOptions) {
    if (nodeCluster().isWorker) {
      throw new UsageError(
        'BW_WRONG_PROCESS',
        'startWorkers is for the first process: in a worker use workerBroker().',
      )
    }
    this.#settings = resolveOptions('startWorkers', options, rules)
    this.#stopUsing = useBroker(this.#settings.broker)
  }

  get pids(): readonly number[] {
    return Array.from(this.#listening, pidOf)
  }

  async start(): Promise<void> {
    process.on('SIGHUP', this.#reloadAtSignal).on('SIGTERM', this.#closeAtSignal)
    process.on('SIGINT', this.#closeAtSignal)
    try {
      await Promise.all(Array.from({ length: this.#settings.count }, () => this.#launch()))
    } catch (error) {
      await this.close()
      throw error
    }
  }

  reload(): Promise<void> {
    this.#reloading ??= this.#replaceAll().finally(() => {
      this.#reloading = undefined
    })
    return this.#reloading
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #replaceAll(): Promise<void> {
    for (const worker of [...this.#listening]) {
      if (this.#closed !== undefined) return
      await this.#launch()
      await this.#drain(worker)
    }
  }

  async #close(): Promise<void> {
    process.off('SIGHUP', this.#reloadAtSignal).off('SIGTERM', this.#closeAtSignal)
    process.off('SIGINT', this.#closeAtSignal)
    await Promise.all(Array.from(this.#all.keys(), worker => this.#drain(worker)))
    await this.#stopUsing(true)
  }

  /** Resolves when it listens. Rejects when it ends before. */
  #launch(): Promise<void> {
    // These settings are read when a process is forked.
    const cluster = nodeCluster()
    cluster.setupPrimary({ exec: this.#settings.module })
    const worker = cluster.fork({ [keyWindowVariable]: String(this.#settings.broker.keyWindowMs) })
    rescueConnections(worker, () => [...this.#listening].some(other => other !== worker && !other.isDead()))
    const kill = (): void => void worker.process.kill('SIGKILL')
    const channel = new ProcessChannel<Call, Answer>(
      worker.process,
      call => {
        running.heardMs = performance.now()
        running.host.receive(call)
      },
      kill,
    )
    const host = new BrokerHost(this.#settings.broker, channel, this.#settings.onError)
    const running: Running = { channel, host, heardMs: undefined }
    this.#all.set(worker, running)
    const asking = setInterval(() => {
      if (running.heardMs === undefined) return
      if (performance.now() - running.heardMs > silentMs) kill()
      else channel.send({ type: 'alive?' })
    }, askMs).unref()
    const launchedMs = performance.now()
    // A message to a worker that has just ended; that it has is told below.
    worker.on('error', () => {})
    return new Promise((resolve, reject) => {
      worker.once('listening', () => {
        this.#listening.add(worker)
        resolve()
      })
      worker.once('exit', (code, signal) => {
        clearInterval(asking)
        void host.end()
        this.#all.delete(worker)
        const exit = { pid: pidOf(worker), code, signal }
        if (this.#listening.delete(worker)) this.#replace(exit, performance.now() - launchedMs)
        else
          reject(
            new Error(
              `A worker has ended with ${signal ?? code} before it listened: ${this.#settings.module}`,
            ),
          )
      })
    })
  }

  /** One has died that was not told to. */
  #replace(exit: WorkerExit, livedMs: number): void {
    if (this.#closed !== undefined) return
    this.#settings.onExit(exit)
    this.#delayMs = livedMs >= healthyMs ? firstDelayMs : Math.min(longestDelayMs, this.#delayMs * 2)
    this.#relaunch()
  }

  #relaunch(): void {
    setTimeout(() => {
      if (this.#closed !== undefined) return
      this.#launch().catch((error: unknown) => {
        if (this.#closed !== undefined) return
        this.#settings.onError(error)
        this.#delayMs = Math.min(longestDelayMs, this.#delayMs * 2)
        this.#relaunch()
      })
    }, this.#delayMs)
  }

  /** Resolves when it has ended. */
  #drain(worker: Worker): Promise<void> {
    this.#listening.delete(worker)
    if (worker.isDead()) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.#settings.drainMs)
      worker.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
      // It is handed no more connections from here on; those before this message are its own when the message has gone out.
      worker.disconnect()
      const end = (): void => void worker.process.kill('SIGTERM')
      if (this.#all.get(worker)?.channel.send({ type: 'drain' }, end) !== true) end()
    })
  }
}

function pidOf({ process: { pid } }: Worker): number {
  return pid as number
}
