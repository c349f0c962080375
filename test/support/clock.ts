import { type TickerMember, ticker } from '../../packages/bothways/src/connection/liveness/ticker.ts'

const members = new WeakMap<Startable, TickerMember>()

/** A connection that has not begun. */
export interface Startable {
  start(): void
}

/** Starts a connection for which {@link tick} says what time it is. */
export function startWithClock(connection: Startable): void {
  const { add } = ticker
  ticker.add = member => {
    members.set(connection, member)
    add.call(ticker, member)
  }
  try {
    connection.start()
  } finally {
    Reflect.deleteProperty(ticker, 'add')
  }
}

/** As the ticker does when this time has come. */
export function tick(connection: Startable, nowMs: number): void {
  const member = members.get(connection)
  if (member === undefined) throw new Error('Start the connection by startWithClock.')
  member.tick(nowMs, 0)
}
