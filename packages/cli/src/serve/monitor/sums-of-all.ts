import type { HostSample } from '../messages.ts'
import type { SampledServer } from './host-sampler.ts'

/** The figures that one process of several tells of itself: counters since it began, and its state now. */
export interface OwnFigures {
  readonly pid: number
  readonly cpuMs: number
  readonly messagesReceived: number
  readonly messagesSent: number
  readonly connections: number
  readonly rss: number
  readonly heapUsed: number
  readonly eventLoopDelayMs: HostSample['eventLoopDelayMs']
}

/** @param latest the figures of the last second */
export function ownFigures({ sockets, counts }: SampledServer, latest: HostSample): OwnFigures {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    pid: process.pid,
    cpuMs: (user + system) / 1_000,
    messagesReceived: counts.messagesReceived,
    messagesSent: counts.messagesSent,
    connections: sockets.size,
    rss,
    heapUsed,
    eventLoopDelayMs: latest.eventLoopDelayMs,
  }
}

/** The figures that all processes have told at one time. */
export interface Reading {
  readonly atMs: number
  readonly all: readonly OwnFigures[]
}

/**
 * The sample of a process with the figures of all in the place of its own: sums, and of delays the longest. The counts of one
 * before it was first seen, or that it takes with it when it ends, are in no rate.
 */
export function withSums(sample: HostSample, before: Reading, now: Reading): HostSample {
  const earlier = new Map(before.all.map(figures => [figures.pid, figures]))
  const elapsedMs = Math.max(1, now.atMs - before.atMs)
  const grown = (name: 'cpuMs' | 'messagesReceived' | 'messagesSent'): number =>
    sum(now.all, it => it[name] - (earlier.get(it.pid) ?? it)[name])
  const longest = (name: keyof HostSample['eventLoopDelayMs']): number =>
    Math.max(0, ...now.all.map(({ eventLoopDelayMs }) => eventLoopDelayMs[name]))
  return {
    ...sample,
    cpu: { ...sample.cpu, process: grown('cpuMs') / elapsedMs / Math.max(1, sample.host.cpuCount) },
    memory: {
      ...sample.memory,
      rss: sum(now.all, it => it.rss),
      heapUsed: sum(now.all, it => it.heapUsed),
    },
    eventLoopDelayMs: { mean: longest('mean'), p99: longest('p99'), max: longest('max') },
    connections: sum(now.all, it => it.connections),
    messagesPerSecond: {
      in: (grown('messagesReceived') * 1_000) / elapsedMs,
      out: (grown('messagesSent') * 1_000) / elapsedMs,
    },
    workers: now.all.length,
  }
}

function sum(all: readonly OwnFigures[], of: (figures: OwnFigures) => number): number {
  return all.reduce((total, figures) => total + of(figures), 0)
}
