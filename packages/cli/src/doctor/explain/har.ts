import type { Language } from '../../language.ts'
import type { Finding } from '../findings/draft.ts'
import { explain } from './explain.ts'

interface HarEntry {
  readonly request?: { readonly url?: string }
  readonly response?: {
    readonly status?: number
    readonly content?: { readonly text?: string }
    readonly _error?: string
  }
  readonly _webSocketMessages?: readonly unknown[]
  readonly _resourceType?: string
}

export interface HarFinding {
  readonly url: string
  readonly findings: readonly Finding[]
}

/**
 * Reads a browser's recording (HAR 1.2) and explains each WebSocket in it that failed.
 *
 * @throws SyntaxError when the text is no HAR
 */
export function explainHar(text: string, language: Language): HarFinding[] {
  const har = JSON.parse(text) as { log?: { entries?: readonly HarEntry[] } }
  const entries = har.log?.entries
  if (!Array.isArray(entries)) throw new SyntaxError('A HAR file has log.entries.')
  return entries.filter(isWebSocket).flatMap(entry => {
    const { status = 0, content, _error } = entry.response ?? {}
    if (status === 101) return []
    const url = entry.request?.url ?? ''
    const said = [_error ?? '', content?.text ?? ''].join('\n')
    const words =
      status > 0
        ? `WebSocket connection to '${url}' failed: Unexpected response code: ${status}`
        : `WebSocket connection to '${url}' failed`
    return [{ url, findings: explain(`${words}\n${said}`, language) }]
  })
}

function isWebSocket({ request, _resourceType, _webSocketMessages }: HarEntry): boolean {
  return (
    _resourceType === 'websocket' || _webSocketMessages !== undefined || /^wss?:/.test(request?.url ?? '')
  )
}
