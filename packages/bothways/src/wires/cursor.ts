/**
 * Where a request without a session stands, in all its topics together: an opaque text that any process can read. Of topics
 * without history there is nothing to say but that they belong to it.
 *
 * @param topics in the order of the request
 */
export function writeCursor(topics: readonly string[], positions: ReadonlyMap<string, string>): string {
  return Buffer.from(JSON.stringify([topics, topics.map(topic => positions.get(topic) ?? null)])).toString(
    'base64url',
  )
}

/** @returns undefined for a text that is none, or was made for other topics */
export function readCursor(text: string, topics: readonly string[]): ReadonlyMap<string, string> | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
  if (!Array.isArray(value) || !Array.isArray(value[0]) || !Array.isArray(value[1])) return undefined
  const [names, positions] = value as [unknown[], unknown[]]
  if (names.length !== topics.length || names.some((name, at) => name !== topics[at])) return undefined
  const found = new Map<string, string>()
  for (const [at, topic] of topics.entries()) {
    const position = positions[at]
    if (typeof position === 'string') found.set(topic, position)
  }
  return found
}
