/** Letters of other scripts that look like a Latin one, in lower case (after Unicode Technical Standard 39 §4). */
const latin: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['аαɑ', 'a'],
    ['ьв', 'b'],
    ['сϲ', 'c'],
    ['ԁ', 'd'],
    ['еєε', 'e'],
    ['ց', 'g'],
    ['һн', 'h'],
    ['іιıӏ|1l', 'i'],
    ['јϳ', 'j'],
    ['кκ', 'k'],
    ['мμ', 'm'],
    ['пη', 'n'],
    ['оοσ0', 'o'],
    ['рρ', 'p'],
    ['ԛ', 'q'],
    ['г', 'r'],
    ['ѕ', 's'],
    ['тτ', 't'],
    ['υ', 'u'],
    ['ѵν', 'v'],
    ['ԝω', 'w'],
    ['хχ', 'x'],
    ['уγ', 'y'],
    ['ζ', 'z'],
  ].flatMap(([others = '', letter = '']) => [...others].map(other => [other, letter])),
)

/** The same for names that a reader takes for one another: case, width, spaces, letters of other scripts. */
export function skeletonOf(name: string): string {
  const plain = name.normalize('NFKC').toLowerCase().normalize('NFKC').replaceAll(/\s/g, '')
  return Array.from(plain, letter => latin[letter] ?? letter).join('')
}
