import { createServer } from 'node:net'

/** Below what systems give to who asks for any port, or connects (32,768 and up on Linux, 49,152 elsewhere). */
const lowest = 10_240
const highest = 32_767

/**
 * A port that nobody has: for who cannot take one when it listens, or listens on it twice. Nobody gets it by chance meanwhile: a
 * connection that happens to leave from a port keeps a server from listening there again.
 */
export async function freePort() {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
    if (await isFree(port)) return port
  }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  const server = createServer()
  return new Promise(resolve => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
