const { once } = require('node:events')
const WebSocket = require('ws')

exports.WebSocket = WebSocket

/** A server that sends back what it gets, on a port of its own. */
exports.startServer = async () => {
  const server = new WebSocket.Server({ port: 0, host: '127.0.0.1' })
  server.on('connection', client => {
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
  })
  await once(server, 'listening')
  return server
}
