/** No request is longer, in UTF-16 code units. */
const longestRequest = 16_384

/** The JSON object in a message, or undefined: no JSON, JSON that is something else, or far too long for a request. */
export function parseObject(message: string | Buffer): Readonly<Record<string, unknown>> | undefined {
  if (typeof message !== 'string' || message.length > longestRequest) return undefined
  try {
    const value: unknown = JSON.parse(message)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
