// node join-chat.js http://127.0.0.1:8080 李四 lobby: into the Chat tab of a running `npm start`
// The event `message` carries bothways.v1: docs/reference/protocol.md
import { createInterface } from 'node:readline'
import { io } from 'socket.io-client'

const [url = 'http://127.0.0.1:8080', name = '李四', room = 'lobby'] = process.argv.slice(2)
const topic = `room/${room}`
const socket = io(url)
const say = message => socket.emit('message', JSON.stringify(message))

const members = new Map()
let since

// Also when it comes back after the connection was lost: then with the messages said meanwhile.
socket.on('connect', () => say({ type: 'subscribe', id: 'in', topic, since, presence: { name } }))
socket.on('connect_error', error => console.error(error.message))
socket.on('message', text => {
  const message = JSON.parse(text)
  if (message.type === 'subscribed') {
    for (const { client, data } of message.members) members.set(client, data.name)
    console.log(`In ${room}: ${[...members.values()].join(', ')}`)
    since ??= message.position
    if (!isReading) readLines()
  }
  if (message.type === 'publication') {
    since = message.position
    if (message.data.name !== name) console.log(`${message.data.name}: ${message.data.text}`)
  }
  if (message.type === 'joined') {
    members.set(message.member.client, message.member.data.name)
    console.log(`${message.member.data.name} came.`)
  }
  if (message.type === 'left') console.log(`${members.get(message.client)} went.`)
  if (message.type === 'unsubscribed') socket.disconnect()
  if (message.type === 'error') console.error(message.message)
})

let isReading = false

/** Each line is said, and the end of the input leaves. */
function readLines() {
  isReading = true
  createInterface({ input: process.stdin })
    .on('line', text => say({ type: 'publish', topic, data: { name, text } }))
    .on('close', () => say({ type: 'unsubscribe', id: 'out', topic }))
}
