/** While developing (`npx vite`), the page comes from Vite and the sockets from server.js. */
const server = {
  proxy: {
    '/ws': { target: 'ws://127.0.0.1:3000', ws: true },
    '/socket.io': { target: 'http://127.0.0.1:3000', ws: true },
  },
}

const build = {
  chunkSizeWarningLimit: 1000,
  rolldownOptions: {
    // antd marks every file for React's server components, which there are none of here.
    onLog: (level, log, tell) => {
      if (log.code !== 'MODULE_LEVEL_DIRECTIVE') tell(level, log)
    },
  },
}

// biome-ignore lint/style/noDefaultExport: Vite asks for it
export default { server, build }
