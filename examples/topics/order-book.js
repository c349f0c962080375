// An order book that changes a thousand times a second. A viewer that is slow skips to the newest state of it.
import { createServer as createHttpServer } from 'node:http'
import { createHub, createServer, TopicsHttp, topicsRoute } from 'bothways'

const symbols = ['ABC', 'XYZ']
const hub = createHub({
  topics: { 'book/:symbol': { state: true, authorize: (_user, action) => action !== 'publish' } },
})

// Sizes by price, which is in hundredths: whole numbers are exact.
const books = symbols.map(symbol => ({
  symbol,
  sides: { bids: new Map(), asks: new Map() },
  changeCount: 0,
}))

/** One order more or less at some price near the middle. */
function change(book) {
  const side = Math.random() < 0.5 ? 'bids' : 'asks'
  const distance = 1 + Math.floor(Math.random() * 20)
  const price = side === 'bids' ? 10_000 - distance : 10_000 + distance
  const size = Math.floor(Math.random() * 500)
  if (size === 0) book.sides[side].delete(price)
  else book.sides[side].set(price, size)
  book.changeCount++
}

/** The ten best of each side. The whole of what a viewer needs: so it may miss any state, but not the newest. */
function stateOf({ sides, changeCount }) {
  const best = (side, order) => [...side].sort(([one], [other]) => order * (one - other)).slice(0, 10)
  return { bids: best(sides.bids, -1), asks: best(sides.asks, 1), changeCount }
}

setInterval(() => {
  for (const book of books) {
    for (let at = 0; at < 10; at++) {
      change(book)
      void hub.topic(`book/${book.symbol}`).set(stateOf(book))
    }
  }
}, 10)

const overHttp = new TopicsHttp(hub)
const http = createHttpServer((request, response) => {
  if (!overHttp.handle(request, response)) response.writeHead(404).end()
})
createServer().route('/bothways', topicsRoute(hub)).attach(http)

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`The books are at ws://127.0.0.1:${http.address().port}/bothways`)
})
