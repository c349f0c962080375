import type { Words } from '../language.ts'
import { readUnixAddress } from '../reach/unix-socket.ts'
import { WrongUse } from '../wrong-use.ts'

export interface Address {
  readonly url: string
  /** The assumption that was made for the user, to be told. */
  readonly notice: Words | undefined
}

/**
 * The URL that somebody meant who typed less than one. A URL that the WHATWG standard takes (`ws:`, `wss:`, `http:`,
 * `https:`) stays as it is, so do sockets of Unix, and so does a URL that it refuses: its error says why.
 *
 * @throws WrongUse for a path without a host
 */
export function readAddress(typed: string): Address {
  const text = typed.trim()
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { url: text, notice: undefined }
  if (readUnixAddress(text) !== undefined) return { url: text, notice: undefined }
  // `ws:host` is a URL; `ws:8080` is a host called ws.
  if (/^(wss?|https?):(?!\d+(\/|$))/i.test(text)) return { url: text, notice: undefined }
  if (text === '' || /^\/(?!\/)/.test(text)) {
    throw new WrongUse({
      en: `'${typed}' has no host: write it out, such as ws://localhost:8080${text || '/'}`,
      zh: `“${typed}”没有主机名：请写完整，例如 ws://localhost:8080${text || '/'}`,
    })
  }
  const url = withScheme(text)
  return {
    url,
    notice: { en: `No scheme in the URL: taking ${url}`, zh: `URL 没有写协议：按 ${url} 处理` },
  }
}

function withScheme(text: string): string {
  if (text.startsWith('//')) return `ws:${text}`
  if (/^:?\d{1,5}(\/|$)/.test(text)) return `ws://localhost:${text.replace(/^:/, '')}`
  return `${/^[^/]*:443(\/|$)/.test(text) ? 'wss' : 'ws'}://${text}`
}
