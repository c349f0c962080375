import { createServer } from 'node:net'

/** A port that nobody has: for who cannot take one when it listens, or listens on it twice. */
export async function freePort() {
  const server = createServer()
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}
