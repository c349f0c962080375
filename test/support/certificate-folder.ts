import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The name of the variable that tells all processes of a test run where certificates are made. */
export const certificateFolderName = 'BOTHWAYS_TEST_CERTIFICATES'

/** Before the first test of a run: a folder for certificates, which goes with all that is in it after the last. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'bothways-tls-'))
  process.env[certificateFolderName] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
