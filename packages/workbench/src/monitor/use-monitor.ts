import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { FrameSignal } from '../connection/frame-signal.ts'
import { PageSocket, type PageSocketStatus } from '../connection/page-socket.ts'
import type { MonitorEvent, MonitorHello, MonitorRate, MonitorSample } from '../serve-messages.ts'
import { SampleHistory } from './sample-history.ts'

/** What a chart shows at most; at the fastest rate that is half a minute. */
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
  host: MonitorHello | undefined
  sample: MonitorSample | undefined
  sampleCount = 0
  skippedCount = 0

  take(event: MonitorEvent): void {
    if (event.type === 'hello') this.host = event
    if (event.type === 'sample') {
      this.sample = event
      this.sampleCount++
      this.skippedCount += event.skipped
      this.history.append(toRow(event))
    }
    this.signal.request()
  }
}

export interface Monitor {
  readonly feed: Pick<MonitorFeed, 'history' | 'host' | 'sample' | 'sampleCount' | 'skippedCount'>
  readonly version: number
  readonly status: PageSocketStatus
  retryNow(): void
}

/** Samples that the server pushes at this interval. */
export function useMonitor(intervalMs: number): Monitor {
  const [feed] = useState(() => new MonitorFeed())
  const [status, setStatus] = useState<PageSocketStatus>({ name: 'closed' })
  const version = useSyncExternalStore(feed.signal.subscribe, feed.signal.version)
  const socket = useRef<PageSocket>(undefined)
  const wantedIntervalMs = useRef(intervalMs)

  useEffect(() => {
    const opened = new PageSocket({
      path: 'monitor',
      onOpen: () => opened.send(rateOf(wantedIntervalMs.current)),
      onMessage: message => feed.take(message as MonitorEvent),
      onStatus: setStatus,
    })
    socket.current = opened
    return () => opened.close()
  }, [feed])

  useEffect(() => {
    wantedIntervalMs.current = intervalMs
    socket.current?.send(rateOf(intervalMs))
  }, [intervalMs])

  return { feed, version, status, retryNow: () => socket.current?.retryNow() }
}

function rateOf(intervalMs: number): MonitorRate {
  return { type: 'rate', intervalMs }
}

function toRow(sample: MonitorSample): number[] {
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
