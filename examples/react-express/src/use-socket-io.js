import { useEffect, useRef, useState } from 'react'
import { io } from 'socket.io-client'
import { useLines } from './use-lines.js'

/** socket.io-client, to the page's server: it comes back by itself, and takes polling where WebSocket does not work. */
export function useSocketIo() {
  const [state, setState] = useState('closed')
  const [lines, add] = useLines()
  const current = useRef(null)

  /** Closes the old connection first. */
  function connect() {
    current.current?.disconnect()
    const socket = io({ forceNew: true })
    current.current = socket
    setState('connecting')
    const unlessOld =
      listener =>
      (...args) => {
        if (current.current === socket) listener(...args)
      }
    socket.on(
      'connect',
      unlessOld(() => setState('open')),
    )
    socket.on('message', unlessOld(add))
    socket.on(
      'connect_error',
      unlessOld(error => add(`connect_error: ${error.message}`)),
    )
    socket.on(
      'disconnect',
      unlessOld(reason => {
        setState(socket.active ? 'connecting' : 'closed')
        add(`closed: ${reason}`)
      }),
    )
  }

  function send(text) {
    if (current.current?.connected !== true) return false
    current.current.send(text)
    return true
  }

  useEffect(
    () => () => {
      current.current?.disconnect()
      current.current = null
    },
    [],
  )
  return { state, lines, connect, send }
}
