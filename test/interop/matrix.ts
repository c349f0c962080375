const results = new Map<string, Map<string, string>>()

/** Runs one cell of the matrix and notes how it went. */
export async function record<Report extends { readonly problems: readonly string[] }>(
  peer: string,
  where: string,
  run: () => Promise<Report>,
): Promise<Report> {
  const row = results.get(peer) ?? new Map<string, string>()
  results.set(peer, row)
  row.set(where, 'failed')
  const report = await run()
  row.set(where, report.problems.length === 0 ? 'ok' : 'failed')
  return report
}

/** Prints what was recorded in this file of tests. */
export function printMatrix(title: string): void {
  const rows = Object.fromEntries([...results].map(([peer, row]) => [peer, Object.fromEntries(row)]))
  console.log(title)
  console.table(rows)
}
