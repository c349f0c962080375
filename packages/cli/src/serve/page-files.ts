import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

const compressible = new Set(['.css', '.html', '.js', '.json', '.svg'])

/** The console connects anywhere, hence `ws:` and `wss:`; antd writes its styles into the page, hence inline. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

interface PageFile {
  readonly body: Buffer
  readonly contentType: string
  readonly cacheControl: string
  readonly etag: string
  readonly isCompressible: boolean
  /** Made when the page was built: it takes a second. */
  readonly brotli?: Buffer
  gzipped?: Promise<Buffer>
}

/** Where `npm run build` puts the page; the same place from `src` and from `dist`. */
const pageFolder = fileURLToPath(new URL('../../page/', import.meta.url))

/**
 * The built page, read once. A request's path is looked up among the names that were found, so no path can lead
 * out of the folder.
 */
export class PageFiles {
  readonly #files = new Map<string, PageFile>()

  constructor(folder: string = pageFolder) {
    for (const entry of listFiles(folder)) {
      if (entry.endsWith('.br')) continue
      const path = `/${entry.split(sep).join('/')}`
      this.#files.set(path === '/index.html' ? '/' : path, readPageFile(folder, entry))
    }
  }

  /** False when the page was never built. */
  get isBuilt(): boolean {
    return this.#files.has('/')
  }

  /** @returns false when there is no such file */
  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const file = this.#files.get(path)
    if (file === undefined) return false
    response.setHeader('Content-Type', file.contentType)
    response.setHeader('Cache-Control', file.cacheControl)
    response.setHeader('ETag', file.etag)
    response.setHeader('Content-Security-Policy', contentSecurityPolicy)
    response.setHeader('Vary', 'Accept-Encoding')
    if (request.headers['if-none-match'] === file.etag) {
      response.writeHead(304).end()
      return true
    }
    let { body } = file
    const accepted = String(request.headers['accept-encoding'] ?? '')
    if (file.brotli !== undefined && /\bbr\b/.test(accepted)) {
      body = file.brotli
      response.setHeader('Content-Encoding', 'br')
    } else if (file.isCompressible && /\bgzip\b/.test(accepted)) {
      file.gzipped ??= promisify(gzip)(file.body, { level: 9 })
      body = await file.gzipped
      response.setHeader('Content-Encoding', 'gzip')
    }
    response.setHeader('Content-Length', body.length)
    response.writeHead(200).end(request.method === 'HEAD' ? undefined : body)
    return true
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(it => it.isFile())
      .map(it => join(it.parentPath, it.name).slice(join(folder, sep).length))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function readPageFile(folder: string, entry: string): PageFile {
  const body = readFileSync(join(folder, entry))
  const extension = extname(entry)
  const brotliPath = join(folder, `${entry}.br`)
  return {
    ...(existsSync(brotliPath) && { brotli: readFileSync(brotliPath) }),
    body,
    contentType: contentTypes[extension] ?? 'application/octet-stream',
    // Vite puts files with a hash in their names into `assets`.
    cacheControl: entry.startsWith(`assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    isCompressible: compressible.has(extension) && body.length > 1_024,
  }
}
