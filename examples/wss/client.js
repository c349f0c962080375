// node client.js wss://127.0.0.1:3000/ /path/of/cert.pem
import { readFileSync } from 'node:fs'
import { WebSocket } from 'bothways'

const [url = 'wss://127.0.0.1:3000/', certFile = ''] = process.argv.slice(2)
const socket = new WebSocket(url, [], { tls: { ca: readFileSync(certFile) } })

socket.onopen = () => socket.send('over TLS')
socket.onmessage = event => {
  console.log(event.data)
  socket.close(1000)
}
socket.onerror = event => console.error(event.message)
