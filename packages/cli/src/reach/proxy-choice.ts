import type { Words } from '../language.ts'
import { WrongUse } from '../wrong-use.ts'

/**
 * The proxy for a URL: the one of `--proxy`, else the environment's variables as curl reads them, lower case first:
 * `https_proxy` for `wss:`, `http_proxy` for `ws:`, `all_proxy` for both, `no_proxy` for the hosts without one. Only
 * `--proxy` is used for this machine itself.
 *
 * @throws WrongUse for a proxy that is no URL of HTTP
 */
export function chooseProxy(url: URL, option: string | undefined, env: NodeJS.ProcessEnv): URL | undefined {
  if (option !== undefined)
    return option === 'none' ? undefined : readProxy(option, { en: '--proxy', zh: '--proxy' })
  const variable = (name: string): string | undefined => env[name] || env[name.toUpperCase()] || undefined
  const isSecure = url.protocol === 'wss:' || url.protocol === 'https:'
  const name = [isSecure ? 'https_proxy' : 'http_proxy', 'all_proxy'].find(
    each => variable(each) !== undefined,
  )
  if (name === undefined || isLoopback(url.hostname) || isExcepted(url, variable('no_proxy') ?? '')) {
    return undefined
  }
  return readProxy(variable(name) ?? '', {
    en: `the environment's ${name}`,
    zh: `环境变量 ${name}`,
  })
}

function readProxy(text: string, from: Words): URL {
  const full = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (URL.canParse(full)) {
    const url = new URL(full)
    const isEncoded = !/%(?![\da-f]{2})/i.test(url.username + url.password)
    if (isEncoded && /^https?:$/.test(url.protocol)) return url
  }
  throw new WrongUse({
    en: `${from.en} takes the URL of an HTTP proxy, such as http://proxy.example.com:3128, or none; SOCKS is not spoken here.`,
    zh: `${from.zh} 的值是 HTTP 代理的 URL，例如 http://proxy.example.com:3128，或 none；不支持 SOCKS。`,
  })
}

function isLoopback(hostname: string): boolean {
  return /^(127\.|\[::1\]$|localhost$|.*\.localhost$)/.test(hostname)
}

/** `*`, or a list of hosts, each for its subdomains as well, with a port or without. */
function isExcepted(url: URL, list: string): boolean {
  const port = url.port || (/^(wss|https):$/.test(url.protocol) ? '443' : '80')
  return list.split(/[\s,]+/).some(entry => {
    if (entry === '*') return true
    const [, host = '', ofPort] = /^\*?\.?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? []
    if (host === '' || (ofPort !== undefined && ofPort !== port)) return false
    return url.hostname === host || url.hostname.endsWith(`.${host}`)
  })
}
