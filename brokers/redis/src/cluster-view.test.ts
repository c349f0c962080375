import { expect, test } from 'vitest'
import { newestView, readClusterView } from './cluster-view.ts'

const info = (state: string, epoch: number) => `cluster_state:${state}\r\ncluster_current_epoch:${epoch}\r\n`
const ranges = [
  [0, 9, ['10.0.0.1', 7000, 'id', []], ['10.0.0.2', 7000, 'id', []]],
  [10, 11, [null, 7001, 'id', []]],
  [16_383, 16_383, ['', 7001, 'id', []]],
]

test('Slots have masters, a server that does not say its host has the one that was asked, and some have none', () => {
  const view = readClusterView(info('ok', 3), ranges, '10.0.0.9')
  expect([view.epoch, view.isOk]).toEqual([3, true])
  const at = (slot: number) => view.masters[slot]
  expect([at(0), at(9), at(10), at(11)]).toEqual([
    '10.0.0.1:7000',
    '10.0.0.1:7000',
    '10.0.0.9:7001',
    '10.0.0.9:7001',
  ])
  expect([at(12), at(16_382), at(16_383), view.masters.length]).toEqual([
    undefined,
    undefined,
    '10.0.0.9:7001',
    16_384,
  ])
  expect([...view.servers]).toEqual(['10.0.0.1:7000', '10.0.0.2:7000', '10.0.0.9:7001'])
})

test('Of several views the newest counts of those that find the cluster usable', () => {
  const view = (state: string, epoch: number) => readClusterView(info(state, epoch), ranges, 'h')
  expect(newestView([view('ok', 2), undefined, view('ok', 5), view('fail', 9), view('ok', 4)])?.epoch).toBe(5)
  expect(newestView([undefined, view('fail', 9)])).toBeUndefined()
})
