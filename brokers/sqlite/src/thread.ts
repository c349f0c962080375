import { parentPort, workerData } from 'node:worker_threads'
import type { Call, CallFailure, StoreOptions } from './calls.ts'
import { Store } from './store.ts'

// The thread that has the file. Its first message says whether the file is open: undefined, or why not.

const port = parentPort
if (port === null) throw new Error('This file is started by SqliteBroker, as a thread.')

try {
  const store = new Store(workerData as StoreOptions)
  port.on('message', (calls: readonly Call[] | 'close') => {
    if (calls === 'close') {
      store.close()
      port.close()
    } else {
      port.postMessage(store.run(calls))
    }
  })
  port.postMessage(undefined)
} catch (error) {
  port.postMessage({ code: 'unavailable', message: (error as Error).message } satisfies CallFailure)
}
