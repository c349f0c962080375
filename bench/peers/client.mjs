// A WebSocket client under load, each library's by the WHATWG interface they share. Started as
// `client.mjs LIBRARY PORT SERVER_PID MODE CONNECTIONS IN_FLIGHT PAYLOAD_BYTES WARMUP_MS MEASURE_MS FLAGS`; prints what
// load/load.c prints about servers, the server's and the load's part exchanged. Modes: echo, handshake.
import { readFileSync } from 'node:fs'

const parameters = globalThis.Deno?.args ?? process.argv.slice(2)
const [library, port, serverPid, mode, ...rest] = parameters
const [connections, inFlight, payloadBytes, warmupMs, measureMs] = rest.slice(0, 5).map(Number)
const isText = rest[5].includes('t')
const url = `ws://127.0.0.1:${port}/`

/** Bun and Deno have a class of their own. */
const { WebSocket } = ['bun', 'deno'].includes(library) ? globalThis : await import(library)

const payload = makePayload()
let counted = 0
let sampled = 0
let isMeasuring = false
const latencies = []

function makePayload() {
  if (!isText) return Uint8Array.from({ length: payloadBytes }, (_, at) => (at * 7) & 0xff)
  return '消息'.repeat(Math.floor(payloadBytes / 6)) + 'a'.repeat(payloadBytes % 6)
}

/** A figure of what does not work would mean nothing. */
function fail(what) {
  console.error(what)
  process.exit(1)
}

/** Every message's length is compared, every 16th one's whole content. */
function check(data) {
  const length = isText ? data.length : data.byteLength
  if (length !== payload.length) fail(`a message of ${length} bytes`)
  if ((counted & 15) !== 0) return
  sampled++
  const isSame = isText ? data === payload : Buffer.compare(Buffer.from(data), payload) === 0
  if (!isSame) fail('a message of other content')
}

function echo() {
  return new Promise(resolve => {
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    const sentAt = []
    const send = () => {
      sentAt.push(performance.now())
      socket.send(payload)
    }
    socket.onopen = () => {
      resolve(() => {
        for (let count = 0; count < inFlight; count++) send()
      })
    }
    socket.onerror = () => fail('no connection')
    socket.onclose = () => fail('a connection was closed')
    socket.onmessage = ({ data }) => {
      check(data)
      const sent = sentAt.shift()
      if (isMeasuring) {
        counted++
        if ((counted & 7) === 0) latencies.push(performance.now() - sent)
      }
      send()
    }
  })
}

function shakeHands() {
  const socket = new WebSocket(url)
  socket.onopen = () => {
    if (isMeasuring) counted++
    socket.close()
  }
  socket.onerror = () => fail('no connection')
  socket.onclose = shakeHands
}

if (mode === 'echo') {
  const begin = []
  for (let at = 0; at < connections; at++) begin.push(await echo())
  for (const start of begin) start()
} else {
  for (let at = 0; at < connections; at++) shakeHands()
}

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** In clock ticks of 10 ms: fields 14 and 15, behind the name in brackets. */
function serverCpuSeconds() {
  const fields = readFileSync(`/proc/${serverPid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

setTimeout(() => {
  const [beganMs, own, server] = [performance.now(), cpuSeconds(), serverCpuSeconds()]
  isMeasuring = true
  setTimeout(() => {
    isMeasuring = false
    const seconds = (performance.now() - beganMs) / 1_000
    latencies.sort((a, b) => a - b)
    const quantile = part => (latencies[Math.floor(latencies.length * part)] ?? 0) * 1_000
    const report = {
      messages: counted,
      seconds,
      serverCpuSeconds: cpuSeconds() - own,
      loadCpuSeconds: serverCpuSeconds() - server,
      p50Us: quantile(0.5),
      p99Us: quantile(0.99),
      sampled,
    }
    console.log(JSON.stringify(report))
    process.exit()
  }, measureMs)
}, warmupMs)
