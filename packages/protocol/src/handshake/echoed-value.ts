const maxEchoedLength = 100

/**
 * A value that the other side sent, as it may stand in a message or log: in quotes, without control characters and other
 * invisible ones, cut to `maxLength` characters (default 100). `none` when nothing was sent.
 */
export function echoedValue(
  value: string | readonly string[] | undefined,
  maxLength: number = maxEchoedLength,
): string {
  if (value === undefined) return 'none'
  const text = typeof value === 'string' ? value : value.join(', ')
  const visible = text.slice(0, maxLength).replace(/\p{C}/gu, '')
  return text.length > maxLength ? `"${visible}…"` : `"${visible}"`
}
