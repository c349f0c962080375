import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { certificateFolderName } from './certificate-folder.ts'
import { runChild } from './child.ts'

export interface Leaf {
  readonly key: string
  readonly cert: string
  /** With the intermediate one behind it, as a server should send it. */
  readonly full: string
}

export interface Chain {
  /** The root's certificate, for clients that are to trust it. */
  readonly root: string
  /** A new certificate for these alternative names, such as `DNS:localhost`; -1 days have passed already. */
  leaf(name: string, names: string, days?: number): Promise<Leaf>
}

/** A root, an intermediate authority below it, and as many certificates as are wanted. Its files go with the test run. */
export async function makeChain(): Promise<Chain> {
  const folder = mkdtempSync(join(process.env[certificateFolderName] ?? tmpdir(), 'chain-'))
  const at = (file: string) => join(folder, file)
  const read = (file: string) => readFileSync(at(file), 'utf8')
  const openssl = (...args: string[]) => runChild(systemPrograms().openssl, args)
  const makeKey = (name: string) =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at(`${name}.key`))
  const sign = async (name: string, issuer: string, days: number, extensions: string) => {
    await makeKey(name)
    await openssl('req', '-new', '-key', at(`${name}.key`), '-subj', `/CN=${name}`, '-out', at(`${name}.csr`))
    writeFileSync(at(`${name}.ext`), `${extensions}\n`)
    const by = ['-CA', at(`${issuer}.pem`), '-CAkey', at(`${issuer}.key`), '-CAcreateserial']
    const how = ['-days', `${days}`, '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`)]
    await openssl('x509', '-req', '-in', at(`${name}.csr`), ...by, ...how)
  }
  await makeKey('root')
  const about = ['-subj', '/CN=Zoo Root', '-days', '30', '-out', at('root.pem')]
  await openssl('req', '-x509', '-new', '-key', at('root.key'), ...about)
  await sign('middle', 'root', 30, 'basicConstraints=CA:TRUE')
  return {
    root: read('root.pem'),
    async leaf(name, names, days = 20) {
      await sign(name, 'middle', days, `subjectAltName=${names}`)
      const cert = read(`${name}.pem`)
      return { key: read(`${name}.key`), cert, full: cert + read('middle.pem') }
    },
  }
}
