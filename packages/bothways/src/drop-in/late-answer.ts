import { HandshakeError } from '@bothways/protocol'

/** How long a server may take to answer the opening handshake, in ms; as with Chromium. */
export const answerTimeoutMs = 240_000

/** Why a client has given up a server that took longer. */
export function lateAnswerError(): HandshakeError {
  const message = `The server did not answer the handshake within ${answerTimeoutMs} ms.`
  return new HandshakeError('BW_HANDSHAKE_TIMEOUT', message)
}
