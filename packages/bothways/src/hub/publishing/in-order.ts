/** Calls about one thing take effect in their order, also when a check of one takes time. */
export class InOrder {
  readonly #last = new Map<string, Promise<void>>()

  run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(name)
    const result = before === undefined ? work() : before.then(work)
    const settled = result.then(ignore, ignore)
    this.#last.set(name, settled)
    void settled.then(() => {
      if (this.#last.get(name) === settled) this.#last.delete(name)
    })
    return result
  }
}

function ignore(): void {}
