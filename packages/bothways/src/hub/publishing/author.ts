/** Stands between the two in what a broker keeps. */
const separator = '\u001f'

/**
 * The author of a publication, as one text that brokers keep: the text that the application made public of the user, and, for a
 * publication from a meeting, the sockets that have it already.
 */
export function writeAuthor(user: string | undefined, sender: string | undefined): string | undefined {
  if (sender === undefined && user?.includes(separator) !== true) return user
  return `${user ?? ''}${separator}${sender ?? ''}`
}

export function publicUser(author: string | undefined): string | undefined {
  const at = author?.lastIndexOf(separator) ?? -1
  return at < 0 ? author : author?.slice(0, at) || undefined
}

export function senderOf(author: string | undefined): string | undefined {
  const at = author?.lastIndexOf(separator) ?? -1
  return at < 0 ? undefined : author?.slice(at + 1) || undefined
}
