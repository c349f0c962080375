/** `log` keeps everything, `short` forgets while somebody is away, `state` has one value, `room` has members. */
export const declarations = {
  'log/:id': { history: { count: 1_000_000, ageMs: 3_600_000 } },
  'short/:id': { history: { count: 20, ageMs: 3_600_000 } },
  'state/:id': { state: true },
  'room/:id': { presence: true },
}

export const topics = ['log/1', 'log/2', 'short/1', 'state/1']

export const keepsAll = topic => topic.startsWith('log/')
export const isState = topic => topic.startsWith('state/')
