import type { KnownText } from './known-text.ts'
import { textsAnswer } from './texts-answer.ts'
import { textsBefore } from './texts-before.ts'
import { textsOpen } from './texts-open.ts'

/**
 * Messages of Chromium, Firefox, Safari, Node.js, ws, websocket, undici, socket.io-client, nginx, curl and of libraries for
 * Java, Go, Python and .NET, the most telling first: the first that fits decides.
 */
export const knownTexts: readonly KnownText[] = [...textsBefore, ...textsAnswer, ...textsOpen]
