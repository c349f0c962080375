/** The last ones of a list, oldest first. */
export function newest<Item>(items: readonly Item[], count: number): readonly Item[] {
  return count > 0 ? items.slice(-count) : []
}
