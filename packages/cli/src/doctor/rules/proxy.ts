import type { TunnelError } from '../../reach/tunnel.ts'
import { type Draft, draft } from '../catalogue/draft.ts'

/** The finding from the answer of a proxy that opened no tunnel. */
export function concludeProxy({ proxy, status, message }: TunnelError): Draft {
  if (status === 407) return draft('BW_DOCTOR_PROXY_AUTHENTICATION', {}, [message])
  if (status === undefined) return draft('BW_DOCTOR_PROXY_UNREACHABLE', { proxy }, [message])
  return draft('BW_DOCTOR_PROXY_REFUSED', { proxy, status }, [message])
}
