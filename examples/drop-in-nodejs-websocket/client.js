// node client.js ws://127.0.0.1:3000/ 你好
const ws = require('nodejs-websocket')

const [url = 'ws://127.0.0.1:3000/', text = '你好'] = process.argv.slice(2)

const connection = ws.connect(url, () => {
  console.log('Connected')
  connection.sendText(text)
  connection.sendBinary(Buffer.from(text))
})

connection.on('text', text => console.log(`Server: ${text}`))
connection.on('binary', stream => {
  let length = 0
  stream.on('data', chunk => {
    length += chunk.length
  })
  stream.on('end', () => {
    console.log(`Server: ${length} bytes`)
    connection.close(1000, 'Thank you')
  })
})
connection.on('close', (code, reason) => console.log(`Closed: ${code} ${reason}`))
connection.on('error', error => console.log(`Error: ${error.message}`))

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => connection.close(1000, 'Interrupted'))
