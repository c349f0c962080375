// node client.js ws://127.0.0.1:3000/hello 张三
import { WebSocket } from 'bothways'

const [url = 'ws://127.0.0.1:3000/hello', name = '张三'] = process.argv.slice(2)
const socket = new WebSocket(url)

socket.onopen = () => socket.send(name)
socket.onmessage = event => {
  console.log(event.data)
  if (event.data.startsWith('Hello, ')) socket.close(1000)
}
socket.onerror = event => console.error(event.message)
