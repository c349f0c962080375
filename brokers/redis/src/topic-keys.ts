import { createHash } from 'node:crypto'

/** The keys and the channel of one topic. Their hash tag puts them on one node of a cluster; a name may have braces itself. */
export interface TopicKeys {
  readonly topic: string
  readonly stream: string
  readonly members: string
  readonly channel: string
  /** That of a publisher's key. */
  key(scope: string, name: string): string
}

export function topicKeys(prefix: string, name: string): TopicKeys {
  const base = `${prefix}:{${digest(name)}}`
  return {
    topic: `${base}:topic`,
    stream: `${base}:stream`,
    members: `${base}:members`,
    channel: `${base}:channel`,
    key: (scope, key) => `${base}:key:${digest(`${scope}\0${key}`)}`,
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 27)
}
