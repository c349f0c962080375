import type { Evidence } from '../evidence.ts'
import { type Answer, bodyText } from '../probes/http.ts'
import type { Recognised } from './products.ts'

/** The proved fate of an upgrade on its way through a proxy, and the proof. */
export interface Passage {
  /**
   * `passed`: the server behind saw it, and handles no upgrade; `stripped`: it saw a plain request; `pathless`: it has no
   * route there, for an upgrade as little as for a plain request.
   */
  readonly is: 'passed' | 'stripped' | 'pathless'
  readonly seen: string
}

/**
 * Whether the server behind a proxy saw the upgrade, when it answered it like a plain GET. Undefined where both ways look
 * the same.
 */
export function passageOf(
  { variants }: Evidence,
  main: Answer,
  { products }: Recognised,
): Passage | undefined {
  const { plain, stripped, 'without compression': again } = variants
  if (plain !== undefined && stripped !== undefined && again !== undefined) {
    // Two of each kind, so that a change from one request to the next proves nothing.
    const isSteady = sign(main) === sign(again) && sign(plain) === sign(stripped)
    if (isSteady && sign(main) !== sign(stripped)) {
      const seen = 'the answer is another one without Upgrade and Connection: they reach the server behind'
      return { is: 'passed', seen }
    }
  }
  const devServer = products.find(product => product === 'Vite' || product === 'webpack')
  if (devServer !== undefined) {
    const seen = `the development server of ${devServer} leaves upgrades that are not its own unanswered: what it answered was a plain request`
    return { is: 'stripped', seen }
  }
  const words = `${main.head?.status} ${bodyText(main).trim()}`
  if (/^404 \{"detail":"Not Found"\}$/.test(words)) {
    const seen = 'Starlette and FastAPI answer an upgrade without a route with 403: they saw a plain request'
    return { is: 'stripped', seen }
  }
  const framework = answeringPlainly.find(([, pattern]) => pattern.test(words))?.[0]
  if (framework === undefined) return undefined
  const seen = `${framework} has no route there: where it has one for WebSocket, it tells a plain request so with 400`
  return { is: 'pathless', seen }
}

/** Frameworks whose WebSocket handlers are routes like others, and answer a plain request themselves. */
const answeringPlainly: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Go', /^404 404 page not found$/],
  ['Spring', /^404 \{.*"status":404,"error":"Not Found".*"path":/s],
  ['Tornado', /^404 <html><title>404: Not Found<\/title><body>404: Not Found<\/body><\/html>$/],
  ['aiohttp', /^404 404: Not Found$/],
]

/** Headers that differ from one answer to the next, or by what the request says of its connection. */
const volatileHeaders: readonly string[] = [
  'connection',
  'keep-alive',
  'date',
  'age',
  'content-length',
  'transfer-encoding',
  'etag',
]

/** The features of an answer, without the parts that change from one to the next: numbers, keys, times. */
function sign(answer: Answer): string {
  const { head } = answer
  if (head === undefined) return answer.ending
  const names = Object.keys(head.headers)
    .filter(name => !volatileHeaders.includes(name))
    .sort()
  const body = bodyText(answer).replace(/[\w+/-]*\d[\w+/-]*=*/g, '0')
  return `${head.status} ${head.headers['content-type']} ${names.join(',')} ${body}`
}
