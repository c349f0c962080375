export interface Entry {
  readonly topic?: string
  readonly from: string
  readonly n: number
  readonly position: string
}

type Seen = Entry | { readonly lost: true } | { readonly comesAgain: true }

export function logOf(topic: string, acknowledged: readonly Entry[]): readonly Entry[]
export function wrongInLog(topic: string, log: readonly Entry[]): Generator<string>
export function wrongInBroker(
  topic: string,
  log: readonly Entry[],
  kept: readonly { readonly position: string; readonly data: string }[],
): Generator<string>
export function wrongInSubscriber(
  who: string,
  topic: string,
  log: readonly Entry[],
  seen: readonly Seen[],
): Generator<string>
