import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClient } from '@bothways/client'
import { WebSocket } from 'bothways'

/** A process of the deploy, which answers one call after the other. */
class Part {
  #child
  #gone
  #last = Promise.resolve()

  static async start(program, args, descriptor) {
    const part = new Part()
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc']
    if (descriptor !== undefined) stdio.push(descriptor)
    part.#child = spawn(process.execPath, [fileURLToPath(new URL(program, import.meta.url)), ...args], {
      stdio,
    })
    part.#gone = once(part.#child, 'close')
    await part.#answer()
    return part
  }

  async #answer() {
    const [said] = await Promise.race([
      once(this.#child, 'message'),
      this.#gone.then(([code, signal]) => {
        throw new Error(`A process of the deploy ended with ${code ?? signal}.`)
      }),
    ])
    return said
  }

  ask(name, ...given) {
    const answer = this.#last.then(() => {
      this.#child.send([name, ...given])
      return this.#answer()
    })
    this.#last = answer.catch(() => {})
    return answer
  }

  async end() {
    this.#child.kill('SIGKILL')
    await this.#gone.catch(() => {})
  }
}

/**
 * A deploy: of two servers that share a listening socket and a broker the first is drained while the second takes what
 * comes. Servers and clients are processes of their own.
 */
export async function runDeploy({ broker, clientCount, processCount, spreadMs, pauseMs }) {
  const listener = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  await once(listener, 'listening')
  const url = `ws://127.0.0.1:${listener.address().port}/bothways`
  const parts = []
  const start = async (...args) => {
    const part = await Part.start(...args)
    parts.push(part)
    return part
  }
  let publisher
  let publishing
  try {
    const servers = [
      await start('server.mjs', [broker], listener._handle.fd),
      await start('server.mjs', [broker], listener._handle.fd),
    ]
    listener.close()
    const [old, replacement] = servers
    await old.ask('serve')
    const each = String(clientCount / processCount)
    const crowds = await Promise.all(
      Array.from({ length: processCount }, () => start('clients.mjs', [url, each])),
    )
    const all = (...call) => Promise.all(crowds.map(crowd => crowd.ask(...call)))
    await all('ready')
    publisher = createClient(url, { WebSocket })
    const room = publisher.topic('room/1')
    let n = 0
    const publications = []
    const publish = () => publications.push(room.publish(n++))
    publishing = setInterval(publish, pauseMs)
    await all('deploy')
    await replacement.ask('serve')
    await replacement.ask('watch')
    const begunAt = performance.timeOrigin + performance.now()
    await old.ask('drain', spreadMs)
    const { longestTurnMs } = await old.ask('look')
    const sum = (counts, name) => counts.reduce((total, count) => total + count[name], 0)
    const until = async (name, last) => {
      while (sum(await all('count', last), name) < clientCount) await sleep(50)
    }
    await until('backCount')
    clearInterval(publishing)
    publish()
    await Promise.all(publications)
    await until('heardCount', n - 1)
    const looks = await all('look')
    const reached = await replacement.ask('look')
    return {
      publicationCount: n,
      wrong: looks.flatMap(({ wrong }) => wrong),
      gapCount: sum(looks, 'gapCount'),
      /** When clients tried, in ms since the first was told to go. */
      tries: looks.flatMap(({ tries }) => tries.map(({ at, code }) => ({ atMs: at - begunAt, code }))),
      /** When the new server saw them, in the same ms. */
      arrivalsMs: reached.arrivals.map(at => at - begunAt),
      longestTurnMs: { old: longestTurnMs, replacement: reached.longestTurnMs },
    }
  } finally {
    clearInterval(publishing)
    publisher?.close()
    listener.close()
    await Promise.all(parts.map(part => part.end()))
  }
}
