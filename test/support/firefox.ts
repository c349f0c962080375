import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'bothways'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'

/** The preferences that keep Firefox from asking the internet, besides those that it has by itself when it is driven. */
const preferences = {
  'app.normandy.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.startup.page': 0,
  'extensions.getAddons.cache.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.http.http3.enable': false,
  'nimbus.rollouts.enabled': false,
  'services.settings.server': 'data:,nowhere/v1',
  'toolkit.telemetry.enabled': false,
}

export interface FirefoxOptions {
  /** More of what `about:config` shows; later entries win. */
  readonly preferences?: Readonly<Record<string, boolean | number | string>>
}

export interface FirefoxPage {
  /** Goes to an address and waits until the page has loaded. */
  goto(url: string): Promise<void>
  /**
   * Calls a function in the page and waits for what it promises. Argument and result pass as JSON; the function sees
   * nothing of the test besides its argument.
   *
   * @throws Error with what the function threw
   */
  evaluate<Result, Argument = undefined>(
    callback: (argument: Argument) => Result | Promise<Result>,
    argument?: Argument,
  ): Promise<Result>
}

export interface Firefox {
  newPage(): Promise<FirefoxPage>
  close(): Promise<void>
}

/**
 * Starts Debian's Firefox with a fresh profile and drives it by WebDriver BiDi (playwright-core can drive only a
 * Firefox of its own). Certificates that nobody has signed are accepted.
 */
export async function launchFirefox(options: FirefoxOptions = {}): Promise<Firefox> {
  const executable = systemPrograms().firefox
  if (!existsSync(executable)) {
    throw new Error(
      `These tests need Firefox at ${executable}: apt-get install firefox-esr, or name one in the environment variable FIREFOX.`,
    )
  }
  const profile = await mkdtemp(join(tmpdir(), 'bothways-firefox-'))
  const prefs = Object.entries({ ...preferences, ...options.preferences })
  const lines = prefs.map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  )
  await writeFile(join(profile, 'user.js'), lines.join(''))
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0']
  const firefox = spawn(executable, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(firefox, 'close')
  const end = async (): Promise<void> => {
    firefox.kill()
    await ended
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  try {
    const driver = await BidiSession.open(await bidiUrl(firefox))
    return {
      newPage: () => driver.newPage(),
      async close() {
        await driver.close()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** Where it listens: Firefox says so on its standard error, among other things. */
function bidiUrl(firefox: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    firefox.once('error', reject)
    firefox.once('close', code => reject(new Error(`Firefox ended with ${code}: ${said.join('\n')}`)))
    if (firefox.stderr === null) return
    createInterface({ input: firefox.stderr }).on('line', line => {
      const url = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1]
      if (url !== undefined) resolve(url)
      else said.push(line)
    })
  })
}

interface BidiAnswer {
  readonly id: number
  readonly type: 'success' | 'error' | 'event'
  readonly result: unknown
  readonly error?: string
  readonly message?: string
}

interface ScriptResult {
  readonly type: 'success' | 'exception'
  readonly result: { readonly value?: unknown }
  readonly exceptionDetails?: { readonly text: string }
}

/** The commands of https://w3c.github.io/webdriver-bidi/ that are used here. */
class BidiSession {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #lastId = 0

  static async open(url: string): Promise<BidiSession> {
    const socket = new WebSocket(`${url}/session`)
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve()
      socket.onerror = () => reject(new Error(`Firefox does not take WebDriver BiDi at ${url}.`))
    })
    const session = new BidiSession(socket)
    await session.#command('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } })
    return session
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)))
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Firefox has left.'))
      this.#waiting.clear()
    }
  }

  async newPage(): Promise<FirefoxPage> {
    const { context } = (await this.#command('browsingContext.create', { type: 'tab' })) as {
      context: string
    }
    return {
      goto: async url => {
        await this.#command('browsingContext.navigate', { context, url, wait: 'complete' })
      },
      evaluate: async (callback, argument) => {
        const given = JSON.stringify(argument) ?? 'null'
        const answer = (await this.#command('script.callFunction', {
          functionDeclaration: `async json => JSON.stringify(await (${callback})(JSON.parse(json)))`,
          arguments: [{ type: 'string', value: given }],
          awaitPromise: true,
          target: { context },
        })) as ScriptResult
        if (answer.type === 'exception') throw new Error(answer.exceptionDetails?.text)
        const { value } = answer.result
        return value === undefined ? undefined : JSON.parse(String(value))
      },
    }
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#socket.addEventListener('close', resolve))
    this.#socket.close()
    await closed
  }

  #command(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId
    this.#socket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  #take({ id, type, result, error, message }: BidiAnswer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (type === 'error') waiting?.reject(new Error(`${error}: ${message}`))
    else waiting?.resolve(result)
  }
}
