import type { PublishRequest } from 'bothways'

/** A publication of a topic with history, but for what `rest` says. */
export const requestOf = (data: unknown, rest: Partial<PublishRequest> = {}): PublishRequest => ({
  topic: 'a',
  data: JSON.stringify(data),
  user: undefined,
  history: { count: 100, ageMs: 600_000 },
  isState: false,
  key: undefined,
  ifPosition: undefined,
  ...rest,
})
