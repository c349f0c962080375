// node client.js ws://127.0.0.1:3000/ 你好
const WebSocket = require('ws')

const [url = 'ws://127.0.0.1:3000/', text = '你好'] = process.argv.slice(2)
const socket = new WebSocket(url)

socket.on('open', () => {
  console.log('Connected')
  socket.send(text)
})
socket.on('message', data => {
  console.log(`Server: ${data}`)
  if (data.toString() === `You said ${text}`) socket.close(1000, 'Thank you')
})
socket.on('error', error => console.log(`Error: ${error.message}`))
socket.on('close', (code, reason) => console.log(`Closed: ${code} ${reason}`))

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => socket.close(1000, 'Interrupted'))
