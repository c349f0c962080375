import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'bothways'
import { topics } from './topics.mjs'

/** How many publications of a WebSocket wait for their answers. */
const windowSize = 8

/**
 * Publishes sequence numbers to every topic, each with a key, and sends again in order what has no answer, until it is
 * told to stop and everything was answered.
 */
export class Publisher {
  /** The acknowledged publications: `{ topic, n, from, position }`. */
  acknowledged = []
  isStopping = false
  #name
  #chance
  #port
  #onAnswer
  #next = new Map(topics.map(topic => [topic, 0]))

  constructor(name, chance, port, onAnswer) {
    this.#name = name
    this.#chance = chance
    this.#port = port
    this.#onAnswer = onAnswer
  }

  #newPublication() {
    const topic = this.#chance.pick(topics)
    const n = this.#next.get(topic)
    this.#next.set(topic, n + 1)
    const padding = 'x'.repeat(
      this.#chance.is(0.1) ? this.#chance.between(0, 20_000) : this.#chance.between(0, 200),
    )
    return {
      topic,
      n,
      key: `${this.#name}/${topic}/${n}`.padEnd(22, '.'),
      data: { from: this.#name, n, padding },
    }
  }

  #answer({ topic, n }, position) {
    this.acknowledged.push({ topic, n, from: this.#name, position })
    this.#onAnswer()
  }

  /** By POST, one at a time. */
  async overHttp() {
    while (!this.isStopping) {
      const { topic, n, key, data } = this.#newPublication()
      for (;;) {
        const position = await this.#post({ topic, key, data })
        if (position !== undefined) {
          this.#answer({ topic, n }, position)
          break
        }
        await sleep(20)
      }
    }
  }

  /** @returns undefined when it is to be sent again */
  async #post(body) {
    let response
    let answer
    try {
      response = await fetch(`http://127.0.0.1:${this.#port}/bothways/publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      answer = await response.json()
    } catch {
      return undefined
    }
    if (response.status === 200) return answer.position
    if (answer.retryable) return undefined
    throw new Error(`${body.topic} ${body.key} was refused: ${JSON.stringify(answer)}`)
  }

  /** By WebSocket, several at a time. */
  async overWebSocket() {
    const unanswered = []
    while (!this.isStopping || unanswered.length > 0) {
      await this.#oneConnection(unanswered)
      await sleep(20)
    }
  }

  async #oneConnection(unanswered) {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/bothways`, 'bothways.v1')
    const closed = once(socket, 'close').catch(() => {})
    socket.addEventListener('error', () => {})
    let failure
    const send = ({ topic, n, key, data }) =>
      socket.send(JSON.stringify({ type: 'publish', id: `${topic} ${n}`, topic, key, data }))
    const fill = () => {
      while (!this.isStopping && unanswered.length < windowSize) {
        const publication = this.#newPublication()
        unanswered.push(publication)
        send(publication)
      }
      if (this.isStopping && unanswered.length === 0) socket.close(1000)
    }
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data)
      if (message.type === 'welcome') {
        for (const publication of unanswered) send(publication)
        fill()
      } else if (message.type === 'published') {
        const at = unanswered.findIndex(({ topic, n }) => `${topic} ${n}` === message.id)
        const [publication] = unanswered.splice(at, 1)
        this.#answer(publication, message.position)
        fill()
      } else if (message.type === 'error') {
        if (!message.retryable) failure = new Error(`${this.#name} was refused: ${data}`)
        // A new connection sends all that is unanswered again, in order.
        socket.close(1000)
      }
    })
    await closed
    if (failure !== undefined) throw failure
  }
}
