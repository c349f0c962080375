import { type HeartbeatMember, heartbeat } from '../../packages/bothways/src/connection/liveness/heartbeat.ts'

const members = new WeakMap<Startable, HeartbeatMember>()

/** A connection that has not begun. */
export interface Startable {
  start(): void
}

/** Starts a connection for which {@link tick} says what time it is. */
export function startWithClock(connection: Startable): void {
  const { add } = heartbeat
  heartbeat.add = member => {
    members.set(connection, member)
    add.call(heartbeat, member)
  }
  try {
    connection.start()
  } finally {
    Reflect.deleteProperty(heartbeat, 'add')
  }
}

/** As the heartbeat does when this time has come. */
export function tick(connection: Startable, nowMs: number): void {
  const member = members.get(connection)
  if (member === undefined) throw new Error('Start the connection by startWithClock.')
  member.tick(nowMs, 0)
}
