import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FrameSignal } from './frame-signal.ts'

let frames: (() => void)[] = []
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  frames = []
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => frames.push(callback))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** The browser draws, which takes so long. */
function frame(ms = 16): void {
  for (const callback of frames.splice(0)) callback()
  vi.advanceTimersByTime(ms)
}

function counted(signal: FrameSignal): () => number {
  let count = 0
  signal.subscribe(() => count++)
  return () => count
}

test('However much has changed, it is told once in a frame', () => {
  const signal = new FrameSignal()
  const told = counted(signal)
  for (let round = 1; round <= 3; round++) {
    for (let change = 0; change < 100; change++) signal.request()
    expect(told()).toBe(round - 1)
    frame()
    expect(told()).toBe(round)
  }
})

test('With a gap it is told at once at first, then so often, and less often where drawing takes long', () => {
  const signal = new FrameSignal(100)
  const told = counted(signal)
  const run = (ms: number, drawMs: number): number => {
    const [before, end] = [told(), performance.now() + ms]
    while (performance.now() < end) {
      signal.request()
      frame(drawMs)
    }
    return told() - before
  }
  signal.request()
  frame()
  expect(told()).toBe(1)
  expect(run(1_000, 16)).toBeLessThanOrEqual(10)
  expect(run(1_000, 16)).toBeGreaterThanOrEqual(7)
  // 100 ms of drawing, then 300 ms for everything else, once it is known.
  expect(run(4_000, 100)).toBeLessThanOrEqual(12)
})

test('What the reader does is told at once', () => {
  const signal = new FrameSignal(100)
  const told = counted(signal)
  signal.now()
  signal.now()
  expect(told()).toBe(2)
})
