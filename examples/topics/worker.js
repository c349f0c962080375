// A program in the room: it answers whoever asks for the time, and survives restarts of the server.
import { createClient } from '@bothways/client'
import { WebSocket } from 'bothways'

const client = createClient(process.argv[2] ?? 'ws://127.0.0.1:3000/bothways', { WebSocket })
client.on('status', ({ status, reason }) => console.log(status, reason?.code ?? ''))

const room = client.topic('room/42', { presence: { name: 'clock' } })
room.on('publication', async ({ data }) => {
  if (data.text === 'time?') await room.publish({ text: await client.request('time') })
})
