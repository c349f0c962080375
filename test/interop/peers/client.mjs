// The conversation by a runtime's own WebSocket: `bun client.mjs URL` or `deno run client.mjs URL`.
const [url] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2)
const bytesOf = length => Uint8Array.from({ length }, (_, at) => (at * 7 + (at >>> 8)) & 0xff)
const messages = [
  'hello',
  '文字 😀',
  '',
  'x'.repeat(126),
  'y'.repeat(65_535),
  '多'.repeat(65_536),
  'z'.repeat(1024 * 1024),
  ...[0, 1, 126, 65_536, 300_000].map(bytesOf),
]
const socket = new WebSocket(url, ['b', 'a'])
socket.binaryType = 'arraybuffer'
const isSame = (sent, got) =>
  typeof sent === 'string'
    ? got === sent
    : got instanceof ArrayBuffer && String(new Uint8Array(got)) === String(sent)
let at = 0
const problems = []
socket.onopen = () => {
  for (const message of messages) socket.send(message)
}
socket.onmessage = ({ data }) => {
  if (!isSame(messages[at], data)) problems.push(`message ${at} came back different`)
  if (++at === messages.length) socket.close(4001, '再见')
}
socket.onerror = event => problems.push(`error: ${event.message ?? 'unknown'}`)
socket.onclose = ({ code, wasClean }) => {
  if (code !== 4001 || !wasClean) problems.push(`closed with ${code}`)
  if (at !== messages.length) problems.push(`${at} of ${messages.length} messages came back`)
  console.log(JSON.stringify({ protocol: socket.protocol, extensions: socket.extensions, problems }))
}
