import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'bothways'
import { isState, topics } from './topics.mjs'

const wires = ['webSocket', 'events', 'longPoll', 'poll']

/**
 * Follows every topic: comes by any wire, stays for some messages, leaves or is cut, and comes back by another with the
 * positions it has.
 */
export class Subscriber {
  /** Of each topic what it has seen: `{ position, from, n }`, or `{ lost: true }` where it was told so; of a state also when it came again. */
  logs = new Map(topics.map(topic => [topic, []]))
  positions = new Map()
  isStopping = false
  visits = new Map(wires.map(wire => [wire, 0]))
  #chance
  #port
  #patience = 0
  /** Ends the visit that goes on. */
  #leave = () => {}

  constructor(chance, port) {
    this.#chance = chance
    this.#port = port
  }

  async follow() {
    while (!this.isStopping) {
      const wire = this.#chance.pick(wires)
      this.#patience = this.#chance.between(1, this.#chance.pick([10, 100, 400]))
      this.visits.set(wire, this.visits.get(wire) + 1)
      // A server that was stopped for a while has an older value at first.
      for (const topic of topics.filter(isState)) this.logs.get(topic).push({ comesAgain: true })
      try {
        await this[`_${wire}`]()
      } catch (error) {
        if (error instanceof WrongAnswer) throw error
      }
      await sleep(this.#chance.pick([0, 0, 10, 10, 300]))
    }
  }

  stop() {
    this.isStopping = true
    this.#leave()
  }

  #saw(topic, position, { from, n }) {
    this.logs.get(topic).push({ position, from, n })
    this.positions.set(topic, position)
    this.#patience--
  }

  #take(message) {
    const { type, topic, position, data, recovered } = message
    if (type === 'publication' || type === 'state') this.#saw(topic, position, data)
    else if (type === 'subscribed') {
      if (recovered === false) this.#lost(topic)
      if (position !== undefined) this.positions.set(topic, position)
    } else if (type === 'gap') {
      this.#lost(topic)
      this.positions.set(topic, position)
    } else if (type === 'error') {
      // A retryable error passes: the subscriber comes again, by any wire.
      throw message.retryable ? new Error(message.code) : new WrongAnswer(JSON.stringify(message))
    }
  }

  #lost(topic) {
    this.logs.get(topic).push({ lost: true })
  }

  #hasEnough() {
    return this.isStopping || this.#patience <= 0
  }

  /** A state topic has no history to ask for. */
  #since(topic) {
    return isState(topic) ? undefined : this.positions.get(topic)
  }

  async _webSocket() {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/bothways`, 'bothways.v1')
    const closed = once(socket, 'close').catch(() => {})
    let failure
    // A cut in the middle, or in order.
    const leave = () => (this.#chance.is(0.5) ? socket.terminate?.() : socket.close(1000))
    this.#leave = () => socket.close(1000)
    socket.addEventListener('error', () => {})
    socket.addEventListener('message', event => {
      if (failure !== undefined || this.#hasEnough()) return
      const message = JSON.parse(event.data)
      try {
        if (message.type === 'welcome') {
          for (const topic of topics) {
            socket.send(JSON.stringify({ type: 'subscribe', id: topic, topic, since: this.#since(topic) }))
          }
        } else this.#take(message)
      } catch (error) {
        failure = error
      }
      if (failure !== undefined || this.#hasEnough()) {
        leave()
        socket.close(1000)
      }
    })
    await closed
    if (failure !== undefined) throw failure
  }

  #query() {
    const query = new URLSearchParams(topics.map(topic => ['topic', topic]))
    for (const topic of topics) query.append('position', this.positions.get(topic) ?? '')
    return query
  }

  async #get(path, query) {
    const abort = new AbortController()
    this.#leave = () => abort.abort()
    const response = await fetch(`http://127.0.0.1:${this.#port}/bothways/${path}?${query}`, {
      signal: abort.signal,
    })
    if (response.status >= 400 && response.status !== 503) {
      throw new WrongAnswer(`${path} was answered ${response.status}: ${await response.text()}`)
    }
    return { response, abort }
  }

  async _events() {
    const { response, abort } = await this.#get('events', this.#query())
    const decoder = new TextDecoder()
    let text = ''
    try {
      for await (const chunk of response.body) {
        text += decoder.decode(chunk, { stream: true })
        for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
          const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1]
          text = text.slice(end + 2)
          if (data !== undefined) this.#take(JSON.parse(data))
          if (this.#hasEnough()) return
        }
      }
    } finally {
      abort.abort()
    }
  }

  async _longPoll() {
    await this.#polls(10_000)
  }

  async _poll() {
    await this.#polls(0)
  }

  async #polls(waitMs) {
    for (let round = 0; round < 10 && !this.#hasEnough(); round++) {
      const query = this.#query()
      query.append('waitMs', String(waitMs))
      const { response } = await this.#get('poll', query)
      const { messages, positions, unrecovered } = await response.json()
      if (response.status !== 200) return
      for (const topic of unrecovered) this.#lost(topic)
      for (const { topic, position, data } of messages) this.#saw(topic, position, data)
      for (const [topic, position] of Object.entries(positions)) this.positions.set(topic, position)
    }
  }
}

/** An answer that no chaos excuses. */
class WrongAnswer extends Error {}
