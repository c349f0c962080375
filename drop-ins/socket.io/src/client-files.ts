import { createReadStream, existsSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createBrotliCompress, createDeflate, createGzip } from 'node:zlib'
import { preferredCoding } from './engine/content-encoding.ts'
import { type CorsOptions, type CorsOptionsDelegate, cors, vary } from './engine/cors.ts'
import type { AttachableHttpServer } from './engine-binding.ts'

const bundles = ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js', 'socket.io.msgpack.min.js']
const names: ReadonlySet<string> = new Set(bundles.flatMap(it => [it, `${it}.map`]))

/** The client's bundles: of the program's own `socket.io-client`, or those in this package. */
export class ClientFiles {
  #found: { readonly folder: string; readonly version: string } | undefined | null = null

  /**
   * Serves them below a path, before the program's own listeners: they would say that there is no such page.
   *
   * @param path as it is when a request comes
   */
  attach(
    server: AttachableHttpServer,
    path: () => string,
    corsOptions: false | CorsOptions | CorsOptionsDelegate | undefined,
  ): void {
    const others = server.listeners('request') as ((
      request: IncomingMessage,
      response: ServerResponse,
    ) => void)[]
    const allow = corsOptions && cors(corsOptions)
    server.removeAllListeners('request')
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { url = '' } = request
      const prefix = `${path()}/`
      const name = url.startsWith(prefix) ? url.slice(prefix.length).split('?')[0]! : ''
      if (!names.has(name)) {
        for (const listener of others) listener.call(server, request, response)
      } else if (allow) {
        allow(request, response, () => this.#serve(name, request, response))
      } else {
        this.#serve(name, request, response)
      }
    })
  }

  #serve(name: string, request: IncomingMessage, response: ServerResponse): void {
    // Once, and not before somebody asks: it touches the disk.
    if (this.#found === null) this.#found = findClient()
    const found = this.#found
    if (found === undefined) {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' })
      response.end('The server has no client to serve: npm install socket.io-client beside it.\n')
      return
    }
    const tag = `"${found.version}"`
    const { 'if-none-match': known } = request.headers
    if (known === tag || known === `W/${tag}`) {
      response.writeHead(304)
      response.end()
      return
    }
    const type = name.endsWith('.map') ? 'application/json' : 'application/javascript'
    response.setHeader('Cache-Control', 'public, max-age=0')
    response.setHeader('Content-Type', `${type}; charset=utf-8`)
    response.setHeader('ETag', tag)
    send(join(found.folder, name), request, response)
  }
}

const compressors = { br: createBrotliCompress, gzip: createGzip, deflate: createDeflate } as const

function send(path: string, request: IncomingMessage, response: ServerResponse): void {
  const file = createReadStream(path)
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const end = (error: Error | null | undefined): void => {
    if (error) response.end()
  }
  file.once('error', () => {
    if (!response.headersSent) response.statusCode = 404
  })
  file.once('open', () => {
    const coding = preferredCoding(accepted, ['br', 'gzip', 'deflate'])
    if (coding === undefined) {
      response.writeHead(200)
      pipeline(file, response, end)
    } else {
      vary(response, 'Accept-Encoding')
      response.writeHead(200, { 'Content-Encoding': coding })
      pipeline(file, compressors[coding](), response, end)
    }
  })
  file.once('error', end)
}

/** Looks where the program is, where it was started, and here. */
function findClient(): { folder: string; version: string } | undefined {
  for (const from of [process.argv[1], join(process.cwd(), 'index.js')]) {
    if (from === undefined) continue
    try {
      const path = createRequire(from).resolve('socket.io-client/package.json')
      return { folder: join(dirname(path), 'dist'), version: versionIn(path) }
    } catch {
      // Not there.
    }
  }
  const here = fileURLToPath(new URL('../', import.meta.url))
  const folder = join(here, 'client-dist')
  if (!existsSync(folder)) return undefined
  return { folder, version: `bothways-${versionIn(join(here, 'package.json'))}` }
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
