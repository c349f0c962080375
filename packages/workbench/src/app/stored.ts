/** Storage throws where the reader has switched it off; the page works without. */
export function readStored(key: string): string | undefined {
  try {
    return localStorage.getItem(`bothways.${key}`) ?? undefined
  } catch {
    return undefined
  }
}

/** Stores a value, unless storage is off or full. */
export function writeStored(key: string, value: string): void {
  try {
    localStorage.setItem(`bothways.${key}`, value)
  } catch {}
}

/** A list that was stored as JSON: those of its items that are what is expected. */
export function readStoredList<Item>(key: string, isItem: (value: unknown) => value is Item): Item[] {
  try {
    const value: unknown = JSON.parse(readStored(key) ?? '[]')
    return Array.isArray(value) ? value.filter(isItem) : []
  } catch {
    return []
  }
}
