// wss: the same server with a certificate. This one signs itself and is made anew at each start, by openssl.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'bothways'

const folder = mkdtempSync(join(tmpdir(), 'example-wss-'))
const certFile = join(folder, 'cert.pem')
const keyFile = join(folder, 'key.pem')
execFileSync(
  'openssl',
  [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', keyFile, '-out', certFile],
  ],
  { stdio: 'ignore' },
)

const server = createServer().route('/', { message: (socket, message) => socket.send(message) })
const { url } = await server.listen({
  port: Number(process.env.PORT ?? 3000),
  tls: { cert: readFileSync(certFile), key: readFileSync(keyFile) },
})
console.log(`Connect to ${url} trusting ${certFile}`)
