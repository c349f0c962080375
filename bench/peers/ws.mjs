import { WebSocketServer } from 'ws'
import { serveWs } from './ws-program.mjs'

serveWs(WebSocketServer)
