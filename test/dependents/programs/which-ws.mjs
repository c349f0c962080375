import ws from 'ws'
import { printPackage } from './which-package.mjs'

/** Prints what `dependent`, the URL of a module, gets when it asks for ws. */
export function printWs(dependent) {
  printPackage('ws', ws, dependent)
}
