import { serializeResponse } from './response.ts'

/** Why a server does not open a connection, and the HTTP answer that says so. */
export interface Refusal {
  readonly code: string
  readonly status: number
  /** Headers besides those that every refusal carries; see {@link serializeRefusal}. */
  readonly headers: Readonly<Record<string, string>>
  /** Plain text: what was expected, what came and what to do. */
  readonly text: string
}

/**
 * A refusal as HTTP/1.1 answer, to be written as UTF-8 and followed by the end of the TCP connection: its text with
 * `Content-Type: text/plain; charset=utf-8`, `Content-Length` and `Connection: close`.
 *
 * @throws UsageError `BW_INVALID_HEADER` when one of its headers is malformed
 */
export function serializeRefusal({ status, headers, text }: Refusal): string {
  return serializeResponse(status, Object.entries(headers), text)
}
