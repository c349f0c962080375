import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { certificateFolderName } from './certificate-folder.ts'
import { runChild } from './child.ts'

export interface Certificate {
  readonly certPath: string
  readonly keyPath: string
  readonly cert: string
  readonly key: string
}

/** A new self-signed certificate for 127.0.0.1 and localhost, made by the openssl command. Its files go with the test run. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = mkdtempSync(join(process.env[certificateFolderName] ?? tmpdir(), 'certificate-'))
  const certPath = join(folder, 'cert.pem')
  const keyPath = join(folder, 'key.pem')
  await runChild(systemPrograms().openssl, [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', keyPath, '-out', certPath],
  ])
  return { certPath, keyPath, cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') }
}
