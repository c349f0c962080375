import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'

export interface Nginx {
  readonly port: number
  stop(): Promise<void>
}

/** Starts nginx with one server; `server` says what stands in its braces, given the port that it is to listen on. */
export async function startNginx(server: (port: number) => string): Promise<Nginx> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'bothways-nginx-'))
  const config = `
daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {${server(port)}
  }
}`
  await writeFile(join(folder, 'nginx.conf'), config)
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf')]
  const nginx = spawn(systemPrograms().nginx, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  nginx.stderr.setEncoding('utf8').on('data', chunk => {
    errors += chunk
  })
  const ended = once(nginx, 'exit')
  const isOver = (): boolean => nginx.exitCode !== null
  await Promise.race([untilListening(port, isOver), ended])
  if (isOver()) throw new Error(`nginx ended with ${nginx.exitCode}: ${errors}`)
  return {
    port,
    async stop() {
      nginx.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves when something listens on the port, or nobody will. */
async function untilListening(port: number, isOver: () => boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const isUp = await new Promise(resolve => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  socket.destroy()
  if (isUp || isOver()) return
  await new Promise(resolve => setTimeout(resolve, 20))
  await untilListening(port, isOver)
}
