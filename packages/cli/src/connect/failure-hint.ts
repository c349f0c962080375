import type { Words } from '../language.ts'

const certificateCodes: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]

/** Which option of this command helps against a failure; undefined when none does. */
export function failureHint(error: Error): Words | undefined {
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
  if (code === undefined || !certificateCodes.includes(code)) return undefined
  return {
    en: 'Here: --ca FILE trusts the certificates of a file, and --insecure any, for a test.',
    zh: '这里：--ca FILE 信任文件中的证书，--insecure 接受任何证书（仅用于测试）。',
  }
}
