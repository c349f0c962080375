import type { IncomingMessage } from 'node:http'

/** A request with the parameters of its query, where npm's `engine.io` has them too. */
export interface EngineRequest extends IncomingMessage {
  _query: Readonly<Record<string, string>>
}

/** Reads the query, unless somebody before has. Of a parameter that is repeated, the last one counts. */
export function engineRequest(request: IncomingMessage): EngineRequest {
  const prepared = request as EngineRequest
  if (prepared._query === undefined) {
    const { url = '' } = request
    const start = url.indexOf('?')
    const end = url.indexOf('#')
    const query = start === -1 ? '' : url.slice(start + 1, end > start ? end : undefined)
    prepared._query = Object.fromEntries(new URLSearchParams(query))
  }
  return prepared
}
