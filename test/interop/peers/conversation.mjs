/**
 * The conversation that every client and every echo server must get through. It runs in Node, Bun, Deno and, as its own
 * source text, in Chromium: so it names nothing outside itself.
 *
 * The server echoes, except for three requests: `please ping` (it pings and then answers `ponged`), `please fragment`
 * (it answers `fragmented` in several frames) and `please close` (it closes with 4002 and 会合). A request that its
 * library cannot fulfil it answers with `cannot ping`, or with a message in one frame.
 *
 * @param connect makes a connection of something like a browser's `WebSocket`
 * @param able what this client's library can do besides, and what it cannot
 */
export async function converse(connect, able = {}) {
  const { ping, sendFragments, cannotEmptyText = false, cannotTellClean = false, closeCodeSeen = 4001 } = able
  const bytesOf = length => Uint8Array.from({ length }, (_, at) => (at * 7 + (at >>> 8)) & 0xff)
  const messages = [
    ...['hello', '文字 😀', '多'.repeat(65_536), 'x'.repeat(125), 'x'.repeat(126)],
    ...[65_535, 65_536, 65_537, 1024 * 1024].map(length => 'y'.repeat(length)),
    ...[0, 1, 125, 126, 65_535, 65_536, 65_537, 1024 * 1024].map(bytesOf),
    ...(cannotEmptyText ? [] : ['']),
    ...Array.from({ length: 1000 }, (_, at) => `message ${at} in order`),
  ]
  const problems = []
  const did = []

  /** A connection whose messages can be awaited one by one. */
  function open() {
    const socket = connect()
    socket.binaryType = 'arraybuffer'
    const came = []
    const waiting = []
    socket.onmessage = ({ data }) => (waiting.length > 0 ? waiting.shift()(data) : came.push(data))
    socket.onerror = event => problems.push(`error: ${event?.message ?? 'without a message'}`)
    const closed = new Promise(resolve => {
      socket.onclose = ({ code, reason, wasClean }) => {
        resolve({ code, reason, isClean: cannotTellClean || wasClean })
      }
    })
    const opened = new Promise(resolve => {
      socket.onopen = () => resolve(true)
      void closed.then(() => resolve(false))
    })
    const next = () => {
      if (came.length > 0) return Promise.resolve(came.shift())
      return Promise.race([new Promise(resolve => waiting.push(resolve)), closed.then(() => undefined)])
    }
    return { socket, opened, closed, next }
  }

  function isSame(sent, got) {
    if (typeof sent === 'string') return got === sent
    if (!(got instanceof ArrayBuffer) || got.byteLength !== sent.length) return false
    const bytes = new Uint8Array(got)
    return sent.every((byte, at) => byte === bytes[at])
  }
  const brief = value =>
    typeof value === 'string' ? `text of ${value.length}` : value ? `${value.byteLength} bytes` : 'nothing'

  const { socket, opened, closed, next } = open()
  if (!(await opened)) return { protocol: null, problems: [...problems, 'did not open'], did }
  const protocol = socket.protocol
  for (const message of messages) socket.send(message)
  for (const message of messages) {
    const got = await next()
    if (isSame(message, got)) continue
    problems.push(`a ${brief(message)} came back as ${brief(got)}`)
    break
  }

  socket.send('please ping')
  const ponged = await next()
  if (ponged === 'ponged') did.push('answers pings')
  else if (ponged !== 'cannot ping') problems.push(`instead of ponged: ${brief(ponged)}`)

  socket.send('please fragment')
  const fragmented = await next()
  if (fragmented !== 'fragmented') problems.push(`instead of fragmented: ${brief(fragmented)}`)

  if (ping) {
    await ping(socket)
    did.push('pings')
  }
  if (sendFragments) {
    sendFragments(socket, ['frag', '文', '', 'ted'])
    const whole = await next()
    if (whole === 'frag文ted') did.push('fragments')
    else problems.push(`fragments came back as ${brief(whole)}`)
  }

  socket.close(4001, '再见')
  const end = await closed
  if (end.code !== closeCodeSeen || !end.isClean) problems.push(`closed with ${end.code}`)
  if (closeCodeSeen === 4001 && end.reason !== '再见') problems.push(`closed with the reason ${end.reason}`)

  const second = open()
  await second.opened
  second.socket.send('please close')
  const ended = await second.closed
  if (ended.code !== 4002 || ended.reason !== '会合' || !ended.isClean) {
    problems.push(`the server's close came as ${ended.code} ${ended.reason}`)
  }
  return { protocol, problems, did }
}

/** Our server's answer to a message of the conversation. */
export async function answer(socket, message) {
  if (message === 'please ping') {
    await socket.ping('are you there')
    socket.send('ponged')
  } else if (message === 'please fragment') socket.send('fragmented')
  else if (message === 'please close') socket.close(4002, '会合')
  else socket.send(message)
}
