// A program's view of a WebSocketStream, as data.

/** Needs nothing from outside itself: a browser gets its text. */
export async function tellStory(WebSocketStream, WebSocketError, url) {
  const outcome = promise =>
    promise.then(
      value => value ?? 'done',
      error => ({
        name: error.name,
        isWebSocketError: error instanceof WebSocketError,
        closeCode: error.closeCode,
        reason: error.reason,
      }),
    )
  const thrown = call => {
    try {
      call()
      return 'nothing'
    } catch (error) {
      return error.name
    }
  }
  const connect = async path => {
    const socket = new WebSocketStream(url + path, { protocols: ['b', 'a'] })
    const { readable, writable, protocol } = await socket.opened
    const reader = readable.getReader()
    void outcome(reader.closed)
    return { socket, protocol, reader, writer: writable.getWriter() }
  }
  const story = {}

  {
    const { socket, protocol, reader, writer } = await connect('echo')
    story.url = socket.url
    story.protocol = protocol
    await writer.write('text 文')
    story.text = await reader.read()
    await writer.write(Uint8Array.of(1, 2))
    const { value, done } = await reader.read()
    // Chromium gives an ArrayBuffer.
    story.bytes = [[...new Uint8Array(value)], done]
    story.wrongCode = thrown(() => socket.close({ closeCode: 1001 }))
    story.longReason = thrown(() => socket.close({ closeCode: 1000, reason: 'x'.repeat(124) }))
    socket.close({ closeCode: 4001, reason: 'bye' })
    story.closed = await outcome(socket.closed)
    story.readAfterwards = await outcome(reader.read())
    story.writeAfterwards = (await outcome(writer.write('late'))) !== 'done'
  }
  {
    const { socket, writer } = await connect('echo')
    socket.close({ reason: 'a reason alone' })
    story.reasonAlone = await outcome(socket.closed)
    await outcome(writer.closed)
  }
  {
    const { socket, writer } = await connect('echo')
    await writer.close()
    story.writerClosed = await outcome(socket.closed)
  }
  {
    const { socket, reader } = await connect('echo')
    await reader.cancel()
    story.cancelled = await outcome(socket.closed)
  }
  {
    const { socket, writer } = await connect('echo')
    await writer.abort(new WebSocketError('', { closeCode: 4003, reason: 'enough' }))
    story.aborted = await outcome(socket.closed)
  }
  {
    const { socket, reader, writer } = await connect('closes')
    const writable = outcome(writer.closed)
    story.beforeTheirClose = [await reader.read(), await reader.read(), await reader.read()]
    story.theirClose = await outcome(socket.closed)
    await writable
  }
  {
    const { socket, reader, writer } = await connect('cuts')
    const writable = outcome(writer.closed)
    await writer.write('now')
    story.cut = [await outcome(reader.read()), await outcome(socket.closed), (await writable).name]
  }
  {
    const socket = new WebSocketStream(`${url}refused`)
    story.refused = [(await outcome(socket.opened)).name, (await outcome(socket.closed)).name]
  }
  {
    const controller = new AbortController()
    controller.abort()
    const socket = new WebSocketStream(`${url}echo`, { signal: controller.signal })
    story.signal = [(await outcome(socket.opened)).name, (await outcome(socket.closed)).name]
  }
  story.wrongUrl = thrown(() => new WebSocketStream('ftp://127.0.0.1'))
  story.protocolTwice = thrown(() => new WebSocketStream(url, { protocols: ['a', 'a'] }))
  const { closeCode, reason, name } = new WebSocketError('', { reason: 'why' })
  story.error = { closeCode, reason, name, wrong: thrown(() => new WebSocketError('', { closeCode: 1006 })) }
  return story
}
