import type { ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import { formatBytes, formatMs, formatPercent, formatRate } from '../format/quantity.ts'
import type { HostSample } from '../serve-messages.ts'

/** The newest sample in figures, and whose they are. */
export function HostFacts({ sample }: { sample: HostSample | undefined }): ReactNode {
  const host = sample?.host
  const texts = useTexts().monitor
  const tiles = [
    {
      name: texts.cpu,
      value: sample && formatPercent(sample.cpu.host),
      more: host && texts.cores(host.cpuCount),
    },
    {
      name: texts.memory,
      value: sample && formatBytes(sample.memory.used),
      more: sample && texts.memoryOf(formatBytes(sample.memory.total)),
    },
    {
      name: texts.delay,
      value: sample && formatMs(sample.eventLoopDelayMs.mean),
      more: sample && `${texts.p99} ${formatMs(sample.eventLoopDelayMs.p99)}`,
    },
    { name: texts.connections, value: sample && String(sample.connections), more: undefined },
    {
      name: texts.messages,
      value: sample && formatRate(sample.messagesPerSecond.in + sample.messagesPerSecond.out),
      more:
        sample &&
        `${texts.in} ${formatRate(sample.messagesPerSecond.in)} · ${texts.out} ${formatRate(sample.messagesPerSecond.out)}`,
    },
    {
      name: texts.load,
      value: sample?.load[0].toFixed(2),
      more: sample?.load.map(it => it.toFixed(2)).join(' · '),
    },
  ]
  return (
    <>
      <div className="tiles">
        {tiles.map(({ name, value, more }) => (
          <div key={name} className="panel tile">
            <span className="panel-title">{name}</span>
            <strong className="tile-value number">{value ?? '–'}</strong>
            <span className="muted number tile-more">{more ?? ' '}</span>
          </div>
        ))}
      </div>
      <ul className="muted host-line">
        {host && sample && (
          <>
            <li>{host.hostname}</li>
            <li>{host.platform}</li>
            <li>{host.cpuModel}</li>
            <li>Node.js {host.nodeVersion}</li>
            <li>
              {texts.uptime} {texts.duration(sample.uptimeSeconds)}
            </li>
          </>
        )}
      </ul>
      {sample?.workers !== undefined && <p className="host-line">{texts.workers(sample.workers)}</p>}
    </>
  )
}
