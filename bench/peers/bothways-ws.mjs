import { WebSocketServer } from '@bothways/ws'
import { serveWs } from './ws-program.mjs'

serveWs(WebSocketServer)
