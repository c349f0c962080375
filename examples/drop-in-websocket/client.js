// node client.js ws://127.0.0.1:3000/ 你好
const { client: WebSocketClient } = require('websocket')

const [url = 'ws://127.0.0.1:3000/', text = '你好'] = process.argv.slice(2)
const client = new WebSocketClient()

client.on('connectFailed', error => console.log(`Not connected: ${error.toString().split('\n')[0]}`))

client.on('connect', connection => {
  console.log(`Connected, protocol ${connection.protocol}`)
  connection.on('error', error => console.log(`Error: ${error.message}`))
  connection.on('close', (code, description) => console.log(`Closed: ${code} ${description}`))
  connection.on('message', message => {
    if (message.type === 'binary') {
      console.log(`${message.binaryData.length} bytes`)
      connection.close()
      return
    }
    const { type, id, others } = JSON.parse(message.utf8Data)
    console.log(type === 'welcome' ? `I am ${id}, others: ${others.length}` : message.utf8Data)
    if (type !== 'welcome') return
    connection.sendUTF(JSON.stringify({ text }))
    connection.sendBytes(Buffer.from(text))
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => connection.close())
})

client.connect(url, 'chat', process.env.ORIGIN ?? 'http://127.0.0.1:3000')
