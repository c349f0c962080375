import type { Draft, Facts, FindingCode } from '../findings/draft.ts'

/** Makes the one finding of a refusal, with all pairs of requests and answers as its evidence. */
export type Make = (code: FindingCode, facts?: Facts, more?: readonly string[]) => Draft[]
