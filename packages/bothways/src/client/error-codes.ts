/** Why a client does not come to an answer. */
export const openingCodes = [
  'BW_HANDSHAKE_CONNECTION_FAILED',
  'BW_HANDSHAKE_TIMEOUT',
  'BW_HANDSHAKE_ABORTED',
] as const
