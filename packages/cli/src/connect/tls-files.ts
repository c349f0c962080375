import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { WrongUse } from '../wrong-use.ts'

export interface TlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/**
 * Reads the PEM files of `--ca`, `--cert` and `--key`.
 *
 * @throws WrongUse for a file that cannot be read or holds something else, and for a certificate without its key
 */
export function readTlsFiles(paths: { [Name in keyof TlsFiles]: string | undefined }): TlsFiles {
  if ((paths.cert === undefined) !== (paths.key === undefined)) {
    throw new WrongUse('--cert and --key go together: the certificate of this client, and its private key.')
  }
  const files = {
    ...(paths.ca !== undefined && { ca: readPem('--ca', paths.ca, 'CERTIFICATE') }),
    ...(paths.cert !== undefined && { cert: readPem('--cert', paths.cert, 'CERTIFICATE') }),
    ...(paths.key !== undefined && { key: readPem('--key', paths.key, 'PRIVATE KEY') }),
  }
  try {
    createSecureContext(files)
  } catch (error) {
    throw new WrongUse(`--ca, --cert or --key is of no use: ${(error as Error).message}.`, { cause: error })
  }
  return files
}

function readPem(option: string, path: string, kind: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new WrongUse(`${option}: ${(error as Error).message}.`, { cause: error })
  }
  if (new RegExp(`-----BEGIN [A-Z ]*${kind}-----`).test(text)) return text
  throw new WrongUse(`${option} takes a PEM file with a line '-----BEGIN ${kind}-----'; '${path}' has none.`)
}
