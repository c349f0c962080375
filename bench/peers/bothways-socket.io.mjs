import { Server } from '@bothways/socket.io'
import { serveSocketIo } from './socket.io-program.mjs'

serveSocketIo(Server)
