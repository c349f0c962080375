import { createRequire } from 'node:module'

/** The part that `node:sqlite` and `better-sqlite3` have in common, and all that is used of them. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

type Value = string | number | null

export interface Statement {
  run(...values: Value[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint }
  get(...values: Value[]): unknown
  all(...values: Value[]): unknown[]
}

export type DatabaseClass = new (file: string) => Database

/** The SQLite of this Node.js, or better-sqlite3. @throws Error whose text says what to install */
export function databaseClass(): DatabaseClass {
  // Node.js 20 does not have it, 22 from 22.13 without a flag.
  const builtin = process.getBuiltinModule?.('node:sqlite') as { DatabaseSync: DatabaseClass } | undefined
  if (builtin !== undefined) return builtin.DatabaseSync
  try {
    const BetterSqlite3 = createRequire(import.meta.url)('better-sqlite3') as DatabaseClass
    // Its native part is loaded by the first database.
    new BetterSqlite3(':memory:').close()
    return BetterSqlite3
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('\n')
    const own = `Node.js ${process.versions.node} has no SQLite of its own (22.13 and later have), and better-sqlite3 12`
    const rebuild = 'npm rebuild better-sqlite3 --ignore-scripts=false'
    throw new Error(
      reason.includes("Cannot find module 'better-sqlite3'")
        ? `${own} is not installed: npm install better-sqlite3@12. Where npm runs no install scripts, also: ${rebuild}`
        : `${own} does not load: ${reason.replace(/\W*Tried:$/, '')}. Its native part was not built: ${rebuild}`,
      { cause: error },
    )
  }
}
