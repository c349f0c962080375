import type { Way } from '../serve-messages.ts'

/** In the order they came into use; colours and columns follow it. */
export const wayNames: readonly Way[] = ['poll', 'longPoll', 'events', 'socket']
