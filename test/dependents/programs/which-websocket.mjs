import websocket from 'websocket'
import { printPackage } from './which-package.mjs'

/** Prints what `dependent`, the URL of a module, gets when it asks for websocket. */
export function printWebsocket(dependent) {
  printPackage('websocket', websocket, dependent)
}
