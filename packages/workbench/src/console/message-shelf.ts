/** A message as it was typed: the text in the editor of its kind. */
export interface ShelfItem {
  readonly kind: 'text' | 'json' | 'hex'
  readonly text: string
}

export const shelfLimits = {
  /** Sent before, the oldest go. */
  sent: 30,
  /** Saved: one more is not taken. */
  saved: 100,
  addresses: 12,
  /** Longer messages are not kept, in UTF-16 code units. */
  textLength: 20_000,
} as const

export function isShelfItem(value: unknown): value is ShelfItem {
  const { kind, text } = (value ?? {}) as Record<string, unknown>
  return (kind === 'text' || kind === 'json' || kind === 'hex') && typeof text === 'string'
}

export function isText(value: unknown): value is string {
  return typeof value === 'string'
}

export function isSameItem(one: ShelfItem, other: ShelfItem): boolean {
  return one.kind === other.kind && one.text === other.text
}

/** The list with this in front, once, and no longer than the limit. */
export function withNewest<Item>(
  list: readonly Item[],
  item: Item,
  limit: number,
  isSame: (one: Item, other: Item) => boolean = Object.is,
): Item[] {
  return [item, ...list.filter(it => !isSame(it, item))].slice(0, limit)
}
