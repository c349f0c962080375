import { describe, expect, test } from 'vitest'
import { type BudgetHolder, ByteBudget } from './byte-budget.ts'

class Holder implements BudgetHolder {
  readonly #name: string
  readonly #gone: string[]
  readonly heldBytes: number
  isOver = false

  constructor(name: string, budget: ByteBudget, heldBytes: number, gone: string[]) {
    this.#name = name
    this.#gone = gone
    this.heldBytes = heldBytes
    budget.enter(this)
    budget.take(heldBytes)
  }

  giveUp(budget: ByteBudget): void {
    this.#gone.push(this.#name)
    budget.giveBack(this.heldBytes)
    budget.leave(this)
  }
}

describe('ByteBudget', () => {
  test('Nobody gives up at exactly the bound', () => {
    const gone: string[] = []
    const budget = new ByteBudget(100)
    new Holder('a', budget, 60, gone)
    new Holder('b', budget, 40, gone)
    budget.relieve()
    expect([gone, budget.isExceeded, budget.freeBytes]).toEqual([[], false, 0])
  })

  test('At one byte more, the fullest give up until a quarter is free', () => {
    const gone: string[] = []
    const budget = new ByteBudget(100)
    new Holder('small', budget, 1, gone)
    new Holder('second', budget, 20, gone)
    new Holder('fullest', budget, 24, gone)
    new Holder('third', budget, 10, gone)
    budget.take(46)
    expect(budget.isExceeded).toBe(true)
    budget.relieve()
    expect([gone, budget.usedBytes]).toEqual([['fullest', 'second'], 57])
  })

  test('Holders that are over give up before fuller ones', () => {
    const gone: string[] = []
    const budget = new ByteBudget(100)
    new Holder('fullest', budget, 60, gone)
    for (const name of ['over', 'over, fuller'])
      new Holder(name, budget, 10 + name.length, gone).isOver = true
    budget.take(20)
    budget.relieve()
    expect([gone, budget.usedBytes]).toEqual([['over, fuller', 'over', 'fullest'], 20])
  })

  test('A holder that has left is not asked', () => {
    const gone: string[] = []
    const budget = new ByteBudget(10)
    const left = new Holder('left', budget, 20, gone)
    budget.leave(left)
    budget.relieve()
    expect(gone).toEqual([])
  })

  test('All give up when what they hold is not enough', () => {
    const gone: string[] = []
    const budget = new ByteBudget(10)
    budget.take(100)
    new Holder('a', budget, 1, gone)
    new Holder('b', budget, 2, gone)
    budget.relieve()
    expect([gone, budget.usedBytes]).toEqual([['b', 'a'], 100])
  })
})
