import { useRef, useState } from 'react'

const maxLines = 100

/** The last lines that came in, each with a number of its own. */
export function useLines() {
  const [lines, setLines] = useState([])
  const count = useRef(0)
  const add = line => {
    const id = ++count.current
    setLines(before => [...before.slice(1 - maxLines), { id, line }])
  }
  return [lines, add]
}
