import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const serve = 'http://127.0.0.1:8080'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../cli/page',
    emptyOutDir: true,
    target: 'es2023',
    // The console alone needs half of antd, which is one chunk that all tabs share.
    chunkSizeWarningLimit: 1_000,
  },
  server: {
    proxy: {
      '/chat': { target: serve, ws: true },
      '/compare': { target: serve, ws: true },
      '/echo': { target: serve, ws: true },
      '/monitor': { target: serve, ws: true },
    },
  },
})
