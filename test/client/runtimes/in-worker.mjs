// As program.mjs, in a worker thread.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

if (isMainThread) {
  const [, , url, room] = process.argv
  const worker = new Worker(new URL(import.meta.url), { workerData: { url, room } })
  const [report] = await once(worker, 'message')
  console.log(JSON.stringify(report))
} else {
  const { createClient } = await import('@bothways/client')
  const { converse } = await import('./conversation.mjs')
  parentPort.postMessage(await converse(createClient, workerData.url, workerData.room))
}
