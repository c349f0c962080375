import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // `npm run dev -w examples/react-chat` beside a running server: pages as you write them, topics from the server.
  server: { proxy: { '/bothways': { target: 'http://127.0.0.1:3000', ws: true } } },
  build: { chunkSizeWarningLimit: 1_000 },
})
