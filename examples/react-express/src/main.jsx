import { Flex } from 'antd'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { SocketCard } from './socket-card.jsx'
import { useNativeSocket } from './use-native-socket.js'
import { useSocketIo } from './use-socket-io.js'

function App() {
  return (
    <Flex wrap gap="large">
      <SocketCard title="WebSocket" socket={useNativeSocket('/ws')} />
      <SocketCard title="socket.io-client" socket={useSocketIo()} />
    </Flex>
  )
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
