// An echo connection in whatever runtime starts this. It listens on TCP and prints its port; the first line that comes
// says which role it has and with which options, and is answered with a line: frames come behind that.
import { createServer } from 'node:net'
import { Connection, resolveConnectionOptions, takeTransport } from 'bothways/connection'

const server = createServer({ allowHalfOpen: true }, socket => {
  let line = ''
  const onData = chunk => {
    line += chunk.toString('latin1')
    if (!line.endsWith('\n')) return
    socket.off('data', onData)
    const { role, options } = JSON.parse(line)
    const connection = new Connection(
      { onMessage: message => connection.send(message), onClose: () => {} },
      { role, transport: takeTransport(socket, 'auto'), settings: resolveConnectionOptions(options, role) },
    )
    connection.start()
    socket.write('\n')
  }
  socket.on('data', onData)
  socket.on('error', () => {})
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
