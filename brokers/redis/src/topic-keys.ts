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

/** How many topics' keys are remembered; digests take their time. */
const mostRemembered = 1_000
const remembered = new Map<string, TopicKeys>()

export function topicKeys(prefix: string, name: string): TopicKeys {
  const which = `${prefix}\0${name}`
  let keys = remembered.get(which)
  if (keys === undefined) {
    keys = newTopicKeys(prefix, name)
    if (remembered.size >= mostRemembered) remembered.clear()
    remembered.set(which, keys)
  }
  return keys
}

function newTopicKeys(prefix: string, name: string): TopicKeys {
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
