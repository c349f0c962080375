import { useEffect, useRef, useState } from 'react'
import { useLines } from './use-lines.js'

const states = ['connecting', 'open', 'closing', 'closed']

/** The browser's own WebSocket, to a path of the page's server. */
export function useNativeSocket(path) {
  const [state, setState] = useState('closed')
  const [lines, add] = useLines()
  const current = useRef(null)

  /** Closes the old connection first. */
  function connect() {
    leave(current.current)
    const socket = new WebSocket(
      `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}${path}`,
    )
    current.current = socket
    const show = () => setState(states[socket.readyState])
    socket.onopen = show
    socket.onmessage = ({ data }) => add(data)
    socket.onclose = ({ code, reason }) => {
      show()
      // 1006: the reason is in the console of the browser, and `npx bothways doctor URL` finds it out.
      add(`closed: ${code} ${reason}`)
    }
    show()
  }

  // A `send` before `open` would throw, and one after `close` would be lost.
  function send(text) {
    if (current.current?.readyState !== WebSocket.OPEN) return false
    current.current.send(text)
    return true
  }

  useEffect(() => () => leave(current.current), [])
  return { state, lines, connect, send }
}

function leave(socket) {
  if (socket === null) return
  socket.onopen = null
  socket.onmessage = null
  socket.onclose = null
  socket.close()
}
