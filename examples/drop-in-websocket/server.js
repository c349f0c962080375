// A small chat: Zhang San sends to the server, the server pushes to Li Si. Only pages of one origin may connect.
const { randomUUID } = require('node:crypto')
const { createServer } = require('node:http')
const { server: WebSocketServer } = require('websocket')

const allowedOrigin = process.env.ORIGIN ?? 'http://127.0.0.1:3000'

const httpServer = createServer((_, response) => {
  response.writeHead(404).end('There is only the chat here')
})
const wsServer = new WebSocketServer({ httpServer, autoAcceptConnections: false })

/** The connected users: connections by the id of their user. */
const clients = new Map()

wsServer.on('request', request => {
  if (request.origin !== allowedOrigin) {
    request.reject(403, 'This origin is not allowed')
    console.log(`Refused the origin ${request.origin}`)
    return
  }
  if (!request.requestedProtocols.includes('chat')) {
    request.reject()
    console.log('Refused somebody who does not speak the chat')
    return
  }

  const connection = request.accept('chat', request.origin)
  const id = randomUUID()
  clients.set(id, connection)
  console.log(`${id} came from ${connection.remoteAddress} to ${request.resource}, ${clients.size} here`)
  connection.sendUTF(
    JSON.stringify({ type: 'welcome', id, others: [...clients.keys()].filter(key => key !== id) }),
  )

  connection.on('message', message => {
    if (message.type === 'utf8') {
      console.log(`${id} says ${message.utf8Data}`)
      const said = read(message.utf8Data)
      if (typeof said?.text === 'string') deliver(id, said)
      else connection.close(1008, 'Send {"text":"…"}')
    } else if (message.type === 'binary') {
      console.log(`${id} sends ${message.binaryData.length} bytes`)
      connection.sendBytes(message.binaryData)
    }
  })

  connection.on('error', error => console.log(`${id} has an error: ${error.message}`))

  connection.on('close', (reasonCode, description) => {
    clients.delete(id)
    console.log(`${id} left: ${reasonCode} ${description}`)
  })
})

/** To one person, or to everybody else. */
function deliver(from, { text, to }) {
  const message = JSON.stringify({ type: 'message', text, id: from, date: Date.now() })
  for (const [id, connection] of clients) {
    if (to === undefined ? id !== from : id === to) connection.sendUTF(message)
  }
}

function read(json) {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

httpServer.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Listening on ws://127.0.0.1:${httpServer.address().port}/`)
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    wsServer.shutDown()
    httpServer.close(() => console.log('Stopped'))
  })
}
