// node client.js http://127.0.0.1:3000 李四 你好
import { io } from 'socket.io-client'

const [url = 'http://127.0.0.1:3000', name = '李四', text = '你好'] = process.argv.slice(2)
const socket = io(url, { auth: { name } })

socket.on('connect', () => socket.emit('message', text))
socket.on('message', message => console.log(message))
socket.on('time', time => console.log(`It is ${time}.`))
socket.on('connect_error', error => console.error(error.message))
socket.on('disconnect', reason => console.error(reason))
