/** What a close code means, and what to do about it; RFC 6455 §7.4.1 and the IANA registry. */
const words: ReadonlyMap<number, string> = new Map([
  [1000, 'normal: the other side is done'],
  [1001, 'going away: the server shuts down, or the page was left; come back in a moment'],
  [1002, 'protocol error: one side broke a rule of RFC 6455'],
  [1003, 'unsupported data: the other side does not take this type of message, text or binary'],
  [1004, 'reserved: it has no meaning'],
  [1005, 'no code: the close frame had none, which is normal for many libraries'],
  [1006, 'no close frame came: the connection was cut by a crash, a proxy or the network; never on the wire'],
  [1007, 'invalid payload: a text message was not UTF-8, or did not inflate'],
  [1008, 'policy violation: the reason says which rule; without one, look at authentication and rates'],
  [1009, 'message too big: send less at a time, or raise the limit of the side that closed'],
  [1010, 'an extension that the client needs is missing: the server must offer it'],
  [1011, 'internal error: the server failed; its log says why'],
  [1012, 'service restart: come back in a moment'],
  [1013, 'try again later: the other side is overloaded, or we read too slowly; come back after a pause'],
  [1014, 'bad gateway: a proxy got a wrong answer from the server behind it'],
  [1015, 'the TLS handshake failed; never on the wire'],
])

export function closeCodeInWords(code: number): string {
  const known = words.get(code)
  if (known !== undefined) return known
  if (code >= 4000 && code <= 4999) return 'a code of the application: its documentation says what it means'
  if (code >= 3000 && code <= 3999)
    return 'a code of a library or framework: its documentation says what it means'
  return 'a reserved code'
}
