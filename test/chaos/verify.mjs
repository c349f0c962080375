import { isState, keepsAll } from './topics.mjs'

// The laws that must hold after the chaos. Each function returns those that do not, in sentences.

/** `base36` of the position that brokers write; only here is it not opaque. */
const offsetOf = position => Number.parseInt(position.split('.')[1], 36)

/**
 * An answer to a publication that NATS had already names its place without the check of its content where the stream no
 * longer has it, as in a state topic that somebody else has set since.
 */
const placeOf = position => position.slice(0, position.lastIndexOf('.') + 1)

/** Whether a subscriber, or the broker, has a publication where its publisher was told that it is. */
export const isAt = (position, acknowledged) =>
  position === acknowledged || (position !== undefined && placeOf(position) === acknowledged)

const say = ({ from, n, position }) => `${from}#${n} at ${position}`

/** Everything acknowledged of a topic, in the order of its positions. */
export function logOf(topic, acknowledged) {
  return acknowledged
    .filter(entry => entry.topic === topic)
    .sort((one, other) => offsetOf(one.position) - offsetOf(other.position))
}

/**
 * The topic's log has each publication once, and those of one publisher in their order.
 *
 * @param isNumbered positions count the publications of a topic; in a stream of NATS those of all topics
 */
export function* wrongInLog(topic, log, isNumbered = true) {
  const next = new Map()
  for (const [at, entry] of log.entries()) {
    const { from, n, position } = entry
    if (at > 0 && log[at - 1].position === position) yield `${topic}: two publications at ${position}`
    if (isNumbered && offsetOf(position) !== at + 1)
      yield `${topic}: ${say(entry)} is number ${at + 1} of the log`
    if (n !== (next.get(from) ?? 0)) yield `${topic}: ${say(entry)} comes instead of #${next.get(from) ?? 0}`
    next.set(from, n + 1)
  }
}

/** The publications that the broker keeps are the end of the log, or all of it. */
export function* wrongInBroker(topic, log, kept) {
  const wanted = keepsAll(topic) ? log : log.slice(-kept.length)
  if (keepsAll(topic) && kept.length !== log.length) {
    yield `${topic}: the broker has ${kept.length} publications, ${log.length} were acknowledged`
  }
  for (const [at, entry] of wanted.entries()) {
    const { position, data } = kept[at] ?? {}
    const { from, n } = data === undefined ? {} : JSON.parse(data)
    if (!isAt(position, entry.position) || from !== entry.from || n !== entry.n) {
      yield `${topic}: the broker has ${say({ from, n, position })} instead of ${say(entry)}`
      return
    }
  }
}

/**
 * A subscriber has seen the log from where it began to the end, with nothing left out but where it was told so, and it was
 * told so only where something was.
 */
export function* wrongInSubscriber(who, topic, log, seen) {
  const places = new Map(log.map(({ position }, at) => [placeOf(position), at]))
  let before
  let last
  let isLost = false
  for (const entry of seen) {
    if (entry.comesAgain) {
      last = before ?? last
      before = undefined
      continue
    }
    if (entry.lost) {
      if (keepsAll(topic)) yield `${who}, ${topic}: was told of a loss, and the history has all`
      isLost = true
      continue
    }
    const at = places.get(placeOf(entry.position))
    const acknowledged = log[at]
    if (
      acknowledged === undefined ||
      !isAt(entry.position, acknowledged.position) ||
      acknowledged.from !== entry.from ||
      acknowledged.n !== entry.n
    ) {
      yield `${who}, ${topic}: has seen ${say(entry)}, which is not in the log`
      return
    }
    const expected = before === undefined ? at : before + 1
    // A state topic may skip, and repeats its value to a client that comes again.
    const isRight = isState(topic) ? at >= (before ?? 0) : isLost ? at > expected : at === expected
    if (!isRight && !(isLost && before === undefined)) {
      yield `${who}, ${topic}: ${say(entry)} is number ${at}, ${isLost ? 'after a loss behind' : 'instead of'} ${expected}`
      return
    }
    before = at
    isLost = false
  }
  last = before ?? last
  if (!isLost && last !== undefined && last !== log.length - 1) {
    yield `${who}, ${topic}: has seen up to ${last} of ${log.length - 1}`
  }
}
