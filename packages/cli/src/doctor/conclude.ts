import type { Draft } from './catalogue/draft.ts'
import type { Evidence } from './evidence.ts'
import { concludeAccepted } from './rules/accepted.ts'
import { concludeAddresses } from './rules/addresses.ts'
import { concludeConversation } from './rules/conversation.ts'
import { concludeProxy } from './rules/proxy.ts'
import { concludeRefusal } from './rules/refusal.ts'
import { concludeTls } from './rules/tls.ts'

/** The findings that the evidence proves, worst first within each step. Pure: the same evidence, the same findings. */
export function conclude(evidence: Evidence): Draft[] {
  if (evidence.proxyFailure !== undefined) return [concludeProxy(evidence.proxyFailure)]
  const addresses = concludeAddresses(evidence)
  if (evidence.address === undefined) return addresses
  const tls = concludeTls(evidence)
  const { main } = evidence
  if (main === undefined || tls.some(({ severity, facts }) => severity === 'error' && facts.isFinal === 1)) {
    return [...tls, ...addresses]
  }
  if (main.head?.status !== 101) return [...tls, ...concludeRefusal(evidence, main), ...addresses]
  const accepted = concludeAccepted(evidence, main)
  const { conversation } = evidence
  const talk = conversation === undefined ? [] : concludeConversation(evidence, conversation)
  return [...tls, ...accepted, ...talk, ...addresses]
}
