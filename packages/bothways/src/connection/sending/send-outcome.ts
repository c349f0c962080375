/**
 * What became of something sent: `sent`, there is room for more; `queued`, taken, but the peer reads slower than this
 * side sends; `refused`, not taken, since the connection is closing or a bound was reached. Behind `queued`, and behind
 * `refused` on a connection that stays open, there will be a notice of room.
 */
export type SendOutcome = 'sent' | 'queued' | 'refused'
