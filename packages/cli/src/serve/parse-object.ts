/** The JSON object in a message, or undefined: no JSON, or JSON that is something else. */
export function parseObject(message: string | Buffer): Readonly<Record<string, unknown>> | undefined {
  if (typeof message !== 'string') return undefined
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
