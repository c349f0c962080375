import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const serve = 'http://127.0.0.1:8080'

/** Puts a file of brotli beside each that gains from it: compressing at its best takes too long for a server. */
function brotliFiles(): Plugin {
  return {
    name: 'brotli-files',
    apply: 'build',
    writeBundle({ dir = '' }) {
      for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(?:css|html|js|svg)$/.test(name)) continue
        const path = join(dir, name)
        writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path)))
      }
    },
  }
}

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the page may be served below any path.
  base: './',
  plugins: [react(), brotliFiles()],
  build: {
    outDir: '../cli/page',
    emptyOutDir: true,
    target: 'es2023',
    // antd and React are in it: it is all that the first view needs, and comes in one round trip.
    chunkSizeWarningLimit: 1_000,
  },
  server: {
    proxy: {
      '/bothways': { target: serve, ws: true },
      '/echo': { target: serve, ws: true },
      '/figures': { target: serve, ws: true },
      '/inspect': { target: serve, ws: true },
    },
  },
})
