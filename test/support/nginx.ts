import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { type ProxyProcess, startProxy } from './proxy.ts'

/** Starts nginx with one server; `server` says what stands in its braces, given the port that it is to listen on. */
export function startNginx(server: (port: number) => string): Promise<ProxyProcess> {
  return startProxy({
    program: systemPrograms().nginx,
    config: (port, folder) => `
daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {${server(port)}
  }
}`,
    args: (config, folder) => ['-p', folder, '-c', config],
  })
}
