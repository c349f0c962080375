import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { type ProxyProcess, startProxy } from './proxy.ts'

/** Where Debian keeps them. */
const moduleFolder = '/usr/lib/apache2/modules'
const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'alias', 'headers', 'dir']

/** Starts Apache with its usual modules for a proxy; `lines` stand in the server's configuration. */
export function startApache(lines: string): Promise<ProxyProcess> {
  return startProxy({
    program: systemPrograms().apache,
    config: (port, folder) => `
ServerRoot ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
ServerName localhost
${modules.map(name => `LoadModule ${name}_module ${moduleFolder}/mod_${name}.so`).join('\n')}
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
DocumentRoot ${folder}
Listen 127.0.0.1:${port}
${lines}
`,
    args: config => ['-f', config, '-DFOREGROUND'],
  })
}
