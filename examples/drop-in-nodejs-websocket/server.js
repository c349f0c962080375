// The server pushes the text of one client to all of them; bytes go back to their sender.
const ws = require('nodejs-websocket')

const server = ws.createServer(connection => {
  console.log(`Somebody came to ${connection.path}, ${server.connections.length} here`)
  broadcast('Somebody came')

  connection.on('text', text => {
    console.log(`Somebody says ${text}`)
    broadcast(text)
  })

  connection.on('binary', stream => {
    const chunks = []
    stream.on('data', chunk => chunks.push(chunk))
    stream.on('end', () => {
      const data = Buffer.concat(chunks)
      console.log(`Somebody sends ${data.length} bytes`)
      connection.sendBinary(data)
    })
  })

  connection.on('close', (code, reason) => {
    console.log(`Somebody left: ${code} ${reason}`)
    broadcast('Somebody left')
  })

  // Without this listener, a client whose network breaks would end the whole server.
  connection.on('error', error => console.log(`Error: ${error.message}`))
})

function broadcast(text) {
  for (const connection of server.connections) {
    if (connection.readyState === connection.OPEN) connection.sendText(text)
  }
}

server.on('error', error => console.log(`Server error: ${error.message}`))
server.on('close', () => console.log('Stopped'))

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Listening on ws://127.0.0.1:${server.socket.address().port}/`)
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close()
    // A copy, because each connection that closes leaves the list.
    for (const connection of [...server.connections]) connection.close(1001, 'Good night')
  })
}
