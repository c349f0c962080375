import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { type ProxyProcess, startProxy } from './proxy.ts'

/** Starts Caddy; `site` is what stands in the braces of its one site. */
export function startCaddy(site: string): Promise<ProxyProcess> {
  return startProxy({
    program: systemPrograms().caddy,
    config: port => `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
${site}
}
`,
    args: config => ['run', '--config', config, '--adapter', 'caddyfile'],
    env: folder => ({ HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }),
  })
}
