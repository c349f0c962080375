import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { StoreOptions } from './calls.ts'
import { type Database, databaseClass } from './database.ts'

/** "BWv1": tells our files from those of other programs. */
const applicationId = 0x42_57_76_31

const pageBytes = 4096

const tables = `
  CREATE TABLE broker (epoch TEXT NOT NULL) STRICT;
  CREATE TABLE topic (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    head INTEGER NOT NULL,
    head_check TEXT NOT NULL,
    age_ms REAL NOT NULL,
    used_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE publication (
    topic INTEGER NOT NULL,
    number INTEGER NOT NULL,
    own_check TEXT NOT NULL,
    previous_check TEXT NOT NULL,
    at INTEGER NOT NULL,
    user TEXT,
    data TEXT NOT NULL,
    PRIMARY KEY (topic, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE key (
    digest TEXT PRIMARY KEY,
    position TEXT,
    fingerprint TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX key_by_end ON key (expires_at);
`

/**
 * Opens the file for this process alone, and makes the tables of a new one.
 *
 * @throws Error whose text says what is wrong with the file
 */
export function openFile(
  { file, synchronous, maxFileBytes }: StoreOptions,
  newEpoch: () => string,
): Database {
  const SomeDatabase = databaseClass()
  let database: Database | undefined
  try {
    database = new SomeDatabase(file)
    // A process that is ending gives the file back within this time.
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA locking_mode = EXCLUSIVE')
    database.exec(`PRAGMA page_size = ${pageBytes}`)
    // No other process reads the file, so that a checkpoint is never held up and the log stays small.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 16777216')
    database.exec(`PRAGMA synchronous = ${synchronous}`)
    database.exec('BEGIN EXCLUSIVE')
    const found = pragma(database, 'application_id')
    const tableCount = (database.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }).n
    if (tableCount === 0) {
      database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1; ${tables}`)
      database.prepare('INSERT INTO broker VALUES (?)').run(newEpoch())
    } else if (found !== applicationId || pragma(database, 'user_version') !== 1) {
      throw new Error('it is a database of another program, or of a newer version of this one.')
    }
    database.exec('COMMIT')
    database.exec(`PRAGMA max_page_count = ${Math.floor(maxFileBytes / pragma(database, 'page_size'))}`)
    return database
  } catch (error) {
    database?.close()
    const { message } = error as Error
    throw new Error(`${file} cannot be used: ${reasonOf(message, file)}`, { cause: error })
  }
}

/** SQLite says of a folder that is missing what it says of one without rights. */
function reasonOf(message: string, file: string): string {
  if (/locked|busy/i.test(message)) return 'another process has it open.'
  const folder = dirname(resolve(file))
  return existsSync(folder) ? message : `there is no folder ${folder}: make it, or name another file.`
}

/** How many bytes of the file are in use; the rest of it is free and is used again. */
export function bytesInUse(database: Database): number {
  const pages = pragma(database, 'page_count') - pragma(database, 'freelist_count')
  return pages * pragma(database, 'page_size')
}

function pragma(database: Database, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Readonly<Record<string, number>>
  return Object.values(row)[0] as number
}
