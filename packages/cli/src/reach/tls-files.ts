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
    throw new WrongUse({
      en: '--cert and --key go together: the certificate of this client, and its private key.',
      zh: '--cert 和 --key 须一起使用：客户端证书和它的私钥。',
    })
  }
  const files = {
    ...(paths.ca !== undefined && { ca: readPem('--ca', paths.ca, 'CERTIFICATE') }),
    ...(paths.cert !== undefined && { cert: readPem('--cert', paths.cert, 'CERTIFICATE') }),
    ...(paths.key !== undefined && { key: readPem('--key', paths.key, 'PRIVATE KEY') }),
  }
  try {
    createSecureContext(files)
  } catch (error) {
    const { message } = error as Error
    throw new WrongUse(
      {
        en: `--ca, --cert or --key is of no use: ${message}.`,
        zh: `--ca、--cert 或 --key 的文件无法使用：${message}。`,
      },
      { cause: error },
    )
  }
  return files
}

function readPem(option: string, path: string, kind: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { message } = error as Error
    throw new WrongUse(
      { en: `${option}: ${message}.`, zh: `${option} 的文件无法读取：${message}。` },
      { cause: error },
    )
  }
  if (new RegExp(`-----BEGIN [A-Z ]*${kind}-----`).test(text)) return text
  throw new WrongUse({
    en: `${option} takes a PEM file with a line '-----BEGIN ${kind}-----'; '${path}' has none.`,
    zh: `${option} 的值是含有“-----BEGIN ${kind}-----”一行的 PEM 文件；“${path}”中没有这一行。`,
  })
}
