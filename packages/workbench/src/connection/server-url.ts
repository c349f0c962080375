/**
 * An address on the page's own server, below where the page is: behind a proxy that may be `/tools/bothways/`.
 *
 * @param path without a slash at its beginning
 */
export function serverUrl(path: string): URL {
  return new URL(path, document.baseURI)
}

/** `chat` → `ws://127.0.0.1:8080/chat`, `wss:` when the page came over TLS. */
export function pageSocketUrl(path: string): string {
  const url = serverUrl(path)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}
