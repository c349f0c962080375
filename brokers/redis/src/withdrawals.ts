import type { Withdrawal } from 'bothways'
import { readWithdrawal } from './wire.ts'

/** The newest of all users that are kept for processes that are away. */
const mostKept = '10000'

/**
 * Withdrawals from users, for all processes: a stream that each reads on from where it was, when its channel says so,
 * when Redis is there again, and every few seconds.
 */
export class Withdrawals {
  readonly channel: string
  readonly #stream: string
  readonly #command: (...args: string[]) => Promise<unknown>
  readonly #tell: (withdrawal: Withdrawal) => void
  #last = '0-0'
  #reading: Promise<void> = Promise.resolve()

  constructor(
    name: string,
    command: (...args: string[]) => Promise<unknown>,
    tell: (withdrawal: Withdrawal) => void,
  ) {
    this.channel = `${name}:channel`
    this.#stream = name
    this.#command = command
    this.#tell = tell
  }

  /** Earlier withdrawals are nothing to a process that begins. */
  async open(): Promise<void> {
    const [newest] = (await this.#command('XREVRANGE', this.#stream, '+', '-', 'COUNT', '1')) as [string][]
    if (newest !== undefined) this.#last = newest[0]
  }

  async add({ kind, user }: Withdrawal): Promise<void> {
    await this.#command('XADD', this.#stream, 'MAXLEN', '~', mostKept, '*', 'kind', kind, 'user', user)
    await this.#command('SPUBLISH', this.channel, '')
  }

  /** One reading after the other, so that each is told once. */
  read(): Promise<void> {
    this.#reading = this.#reading.catch(ignore).then(() => this.#readOn())
    return this.#reading
  }

  async #readOn(): Promise<void> {
    const found = await this.#command('XRANGE', this.#stream, `(${this.#last}`, '+')
    for (const [id, fields] of found as [string, string[]][]) {
      this.#last = id
      const withdrawal = readWithdrawal(fields)
      if (withdrawal !== undefined) this.#tell(withdrawal)
    }
  }
}

function ignore(): void {}
