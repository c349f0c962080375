import { connect } from 'node:net'
import { frame, upgrade } from './soak-client.mjs'

const message = frame(0x82, Buffer.alloc(64, 1))
/** The same back, unmasked. */
const echoBytes = 2 + 64
const pauseMs = 10

/** A client that keeps the rules: sends 64 bytes, waits for their echo, and notes how long that took, in ms. */
export class HonestClient {
  #socket
  #isStopped = false
  #sentAtMs = 0
  #missing = 0
  /** Why it was cut, if it was. */
  problem
  /** Of all echoes, in ms. */
  times = []

  start(port) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay()
    this.#socket.on('error', error => this.#fail(error.message))
    this.#socket.on('close', () => this.#fail('it was cut'))
    this.#socket.write(upgrade('/echo').replace(/Sec-WebSocket-Extensions.*\r\n/, ''))
    this.#socket.once('data', () => {
      this.#socket.on('data', chunk => this.#take(chunk))
      this.#send()
    })
  }

  stop() {
    this.#isStopped = true
    this.#socket.destroy()
  }

  #send() {
    if (this.#isStopped) return
    this.#sentAtMs = performance.now()
    this.#missing = echoBytes
    this.#socket.write(message)
  }

  #take(chunk) {
    this.#missing -= chunk.length
    if (this.#missing > 0) return
    this.times.push(performance.now() - this.#sentAtMs)
    setTimeout(() => this.#send(), pauseMs)
  }

  #fail(problem) {
    if (!this.#isStopped) this.problem ??= problem
  }
}

/** The time that a share of all does not exceed. */
export function percentile(times, share) {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
