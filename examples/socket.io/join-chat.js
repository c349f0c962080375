// node join-chat.js http://127.0.0.1:8080 李四 lobby: into the Chat tab of a running `npm start`
import { createInterface } from 'node:readline'
import { io } from 'socket.io-client'

const [url = 'http://127.0.0.1:8080', name = '李四', room = 'lobby'] = process.argv.slice(2)
const socket = io(url)
const say = request => socket.emit('message', JSON.stringify(request))

// Also when it comes back after the connection was lost.
socket.on('connect', () => say({ type: 'join', room, name }))
socket.on('connect_error', error => console.error(error.message))
socket.on('message', message => {
  const { type, name: who, text, members } = JSON.parse(message)
  if (type === 'joined') {
    console.log(`In ${room}: ${members.map(it => it.name).join(', ')}`)
    if (!isReading) readLines()
  }
  if (type === 'message') console.log(`${who}: ${text}`)
  if (type === 'member-joined') console.log(`${who} came.`)
  if (type === 'member-left') console.log(`${who} went.`)
  if (type === 'left') socket.disconnect()
  if (type === 'error') console.error(text)
})

let isReading = false

/** Each line is said, and the end of the input leaves. */
function readLines() {
  isReading = true
  createInterface({ input: process.stdin })
    .on('line', text => say({ type: 'message', text }))
    .on('close', () => say({ type: 'leave' }))
}
