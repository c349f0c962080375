import type { ConnectionState } from '@bothways/client'
import { useClient, useConnection } from '@bothways/react'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { FrameSignal } from '../connection/frame-signal.ts'
import type { HostSample } from '../serve-messages.ts'
import { SampleHistory } from './sample-history.ts'

/** The most samples that a chart shows; at the fastest rate they are half a minute. */
const sampleLimit = 600

/** The columns of the history behind the time. */
export const monitorColumns = {
  cpuHost: 1,
  cpuProcess: 2,
  memoryUsed: 3,
  rss: 4,
  heapUsed: 5,
  delayMean: 6,
  delayP99: 7,
  delayMax: 8,
  messagesIn: 9,
  messagesOut: 10,
  connections: 11,
} as const

class MonitorFeed {
  readonly signal = new FrameSignal()
  readonly history = new SampleHistory(12, sampleLimit)
  sample: HostSample | undefined
  sampleCount = 0
  skippedCount = 0
  /** Of the sample before, if it is of the same topic and connection. */
  #lastSequence: number | undefined

  /** Samples from now on do not continue those before. */
  begin(): void {
    this.#lastSequence = undefined
  }

  take(sample: HostSample): void {
    this.skippedCount += Math.max(0, sample.sequence - (this.#lastSequence ?? sample.sequence) - 1)
    this.#lastSequence = sample.sequence
    this.sample = sample
    this.sampleCount++
    this.history.append(toRow(sample))
    this.signal.request()
  }
}

export interface Monitor {
  readonly feed: Pick<MonitorFeed, 'history' | 'sample' | 'sampleCount' | 'skippedCount'>
  readonly version: number
  readonly connection: ConnectionState
  retryNow(): void
}

/** The state topic `load/MS`: samples that the server pushes at this interval. */
export function useMonitor(intervalMs: number): Monitor {
  const client = useClient()
  const connection = useConnection()
  const [feed] = useState(() => new MonitorFeed())
  const version = useSyncExternalStore(feed.signal.subscribe, feed.signal.version)
  const isOpen = connection.status === 'open'

  useEffect(() => {
    if (isOpen) feed.begin()
  }, [feed, isOpen])

  useEffect(() => {
    feed.begin()
    return client?.state(`load/${intervalMs}`).subscribe(value => feed.take(value as HostSample))
  }, [client, feed, intervalMs])

  return { feed, version, connection, retryNow: () => client?.connect() }
}

function toRow(sample: HostSample): number[] {
  const { date, cpu, memory, eventLoopDelayMs, messagesPerSecond, connections } = sample
  return [
    date / 1_000,
    cpu.host,
    cpu.process,
    memory.used,
    memory.rss,
    memory.heapUsed,
    eventLoopDelayMs.mean,
    eventLoopDelayMs.p99,
    eventLoopDelayMs.max,
    messagesPerSecond.in,
    messagesPerSecond.out,
    connections,
  ]
}
