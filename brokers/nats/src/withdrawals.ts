import type { Withdrawal } from 'bothways'
import { newCheck } from 'bothways/broker'
import type { JetStream } from './jetstream.ts'
import { ensureStream } from './streams.ts'
import { readWithdrawal } from './wire.ts'

/** Withdrawals are kept so long, and so many of the newest, for processes that are away. */
const keptMs = 24 * 60 * 60 * 1000
const keptCount = 10_000

/**
 * Withdrawals from users, for all processes: a stream that each reads on from where it was, when something was carried,
 * when NATS is there again, and every few seconds.
 */
export class Withdrawals {
  /** Where it is told that there is something new. */
  readonly carried: string
  readonly #jetStream: JetStream
  readonly #stream: string
  readonly #subject: string
  readonly #replicas: number
  readonly #tell: (withdrawal: Withdrawal) => void
  #last: number | undefined
  #reading: Promise<void> = Promise.resolve()

  constructor(
    jetStream: JetStream,
    { prefix, replicas }: { readonly prefix: string; readonly replicas: number },
    tell: (withdrawal: Withdrawal) => void,
  ) {
    this.#jetStream = jetStream
    this.#stream = `${prefix}-withdrawals`
    this.#subject = `${prefix}.withdrawals`
    this.carried = `${prefix}.withdrawn`
    this.#replicas = replicas
    this.#tell = tell
  }

  async prepare(): Promise<void> {
    const { state } = await ensureStream(this.#jetStream, {
      name: this.#stream,
      subjects: [this.#subject],
      max_msgs: keptCount,
      max_msgs_per_subject: -1,
      max_age: keptMs * 1e6,
      max_bytes: 16 * 1024 * 1024,
      duplicate_window: 120 * 1e9,
      discard: 'old',
      num_replicas: this.#replicas,
      republish: { src: this.#subject, dest: this.carried },
    })
    // Earlier withdrawals are nothing to a process that begins; and after NATS was set back all of them are new.
    this.#last = this.#last === undefined || this.#last <= state.last_seq ? (this.#last ?? state.last_seq) : 0
  }

  async add({ kind, user }: Withdrawal): Promise<void> {
    await this.#jetStream.publish(this.#subject, JSON.stringify({ kind, user }), newCheck())
  }

  /** One reading after the other, so that each is told once. */
  read(): Promise<void> {
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#readOn())
    return this.#reading
  }

  async #readOn(): Promise<void> {
    if (this.#last === undefined) return
    while (true) {
      const found = await this.#jetStream.next(this.#stream, this.#subject, this.#last + 1)
      if (found === undefined) return
      this.#last = found.seq
      const withdrawal = readWithdrawal(found.data)
      if (withdrawal !== undefined) this.#tell(withdrawal)
    }
  }
}
