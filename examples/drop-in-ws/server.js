// The server knows where each client comes from, answers it, and pushes the time to it every three seconds.
const { WebSocketServer } = require('ws')

const everyMs = Number(process.env.EVERY_MS ?? 3_000)
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })

server.on('listening', () => {
  console.log(`Listening on ws://127.0.0.1:${server.address().port}/`)
})

server.on('connection', (socket, request) => {
  const client = `${request.socket.remoteAddress}:${request.socket.remotePort}`
  console.log(`${client} came to ${request.url}`)
  socket.send(`Hello, ${client}!`)

  const timer = setInterval(() => socket.send(`It is ${new Date().toISOString()}`), everyMs)

  socket.on('message', (data, isBinary) => {
    console.log(`${client} sent ${isBinary ? `${data.length} bytes` : data}`)
    socket.send(isBinary ? data : `You said ${data}`)
  })
  socket.on('error', error => console.log(`${client} broke a rule: ${error.message}`))
  socket.on('close', (code, reason) => {
    clearInterval(timer)
    console.log(`${client} left: ${code} ${reason}`)
  })
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const socket of server.clients) socket.close(1001, 'Good night')
    server.close(() => console.log('Stopped'))
  })
}
