// A viewer of one order book that draws once a second, always the newest state.
import { createClient } from '@bothways/client'
import { WebSocket } from 'bothways'

const [url = 'ws://127.0.0.1:3000/bothways', seconds = '5'] = process.argv.slice(2)
const client = createClient(url, { WebSocket })
const book = client.state('book/ABC')

let comeCount = 0
let newest
book.subscribe(value => {
  comeCount++
  newest = value
})

// Draws when it has time, and then what is newest: nothing waits in a queue.
const drawing = setInterval(() => {
  if (newest === undefined) return
  const { bids, asks, changeCount } = newest
  const price = ([[hundredths]]) => (hundredths / 100).toFixed(2)
  console.log(`${price(bids)} / ${price(asks)} after ${changeCount} changes; ${comeCount} states have come`)
}, 1_000)

setTimeout(() => {
  clearInterval(drawing)
  client.close()
}, Number(seconds) * 1_000)
