import { Server } from 'socket.io'
import { serveSocketIo } from './socket.io-program.mjs'

serveSocketIo(Server)
