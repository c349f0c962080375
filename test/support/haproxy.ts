import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { type ProxyProcess, startProxy } from './proxy.ts'

/** Starts HAProxy; `sections` are its frontend and backends, given the port that it is to listen on. */
export function startHaproxy(sections: (port: number) => string): Promise<ProxyProcess> {
  return startProxy({
    program: systemPrograms().haproxy,
    config: port => `
global
    maxconn 200
defaults
    mode http
    retries 0
    timeout connect 2s
    timeout client 30s
    timeout server 30s
${sections(port)}
`,
    args: config => ['-db', '-f', config],
  })
}
