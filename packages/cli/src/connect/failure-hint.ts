import { HandshakeError } from 'bothways'
import type { Words } from '../language.ts'
import { redirectStatuses } from '../reach/redirect.ts'

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
  if (error instanceof HandshakeError && redirectStatuses.includes(error.answer?.status ?? 0)) {
    return {
      en: 'Here: --location follows redirects, from TLS to plain text never.',
      zh: '这里：--location 跟随重定向，但从不由 TLS 跟随到明文。',
    }
  }
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
  if (code === undefined || !certificateCodes.includes(code)) return undefined
  return {
    en: 'Here: --ca FILE trusts the certificates of a file, and --insecure any, for a test.',
    zh: '这里：--ca FILE 信任文件中的证书，--insecure 接受任何证书（仅用于测试）。',
  }
}
