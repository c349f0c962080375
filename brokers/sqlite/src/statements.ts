import type { Database, Statement } from './database.ts'

export interface TopicRow {
  readonly id: number
  readonly epoch: string
  /** Belong to the newest publication; its number and check outlive it. */
  readonly head: number
  readonly head_check: string
  readonly age_ms: number
}

export interface PublicationRow {
  readonly number: number
  readonly own_check: string
  readonly previous_check: string
  readonly at: number
  readonly user: string | null
  readonly data: string
}

export interface KeyRow {
  readonly position: string | null
  readonly fingerprint: string
  readonly expires_at: number
}

/** As many rows at most, whatever was asked for. */
const mostRows = 2 ** 31 - 1

const topicColumns = 'id, epoch, head, head_check, age_ms'

/** The SQL, each statement prepared once. */
export class Statements {
  readonly #epoch: Statement
  readonly #setEpoch: Statement
  readonly #topic: Statement
  readonly #topicCount: Statement
  readonly #topicsFrom: Statement
  readonly #addTopic: Statement
  readonly #setHead: Statement
  readonly #forgetTopics: Statement
  readonly #publication: Statement
  readonly #addPublication: Statement
  readonly #dropThrough: Statement
  readonly #behind: Statement
  readonly #newest: Statement
  readonly #oldest: Statement
  readonly #firstYounger: Statement
  readonly #key: Statement
  readonly #keyCount: Statement
  readonly #putKey: Statement
  readonly #forgetKeys: Statement

  constructor(database: Database) {
    const prepare = (sql: string) => database.prepare(sql)
    this.#epoch = prepare('SELECT epoch FROM broker')
    this.#setEpoch = prepare('UPDATE broker SET epoch = ?')
    this.#topic = prepare(`SELECT ${topicColumns} FROM topic WHERE name = ?`)
    this.#topicCount = prepare('SELECT count(*) AS n FROM topic')
    this.#topicsFrom = prepare(`SELECT ${topicColumns} FROM topic WHERE id >= ? ORDER BY id LIMIT ?`)
    this.#addTopic = prepare(
      "INSERT INTO topic (name, epoch, head, head_check, age_ms, used_at) VALUES (?, ?, 0, '', 0, ?)",
    )
    this.#setHead = prepare('UPDATE topic SET head = ?, head_check = ?, age_ms = ?, used_at = ? WHERE id = ?')
    this.#forgetTopics = prepare(
      'DELETE FROM topic WHERE used_at <= ? AND NOT EXISTS (SELECT 1 FROM publication WHERE topic = id)',
    )
    this.#publication = prepare('SELECT * FROM publication WHERE topic = ? AND number = ?')
    this.#addPublication = prepare('INSERT INTO publication VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#dropThrough = prepare('DELETE FROM publication WHERE topic = ? AND number <= ?')
    this.#behind = prepare('SELECT * FROM publication WHERE topic = ? AND number > ? ORDER BY number LIMIT ?')
    this.#newest = prepare('SELECT * FROM publication WHERE topic = ? ORDER BY number DESC LIMIT ?')
    this.#oldest = prepare('SELECT at FROM publication WHERE topic = ? ORDER BY number LIMIT 1')
    this.#firstYounger = prepare(
      'SELECT number FROM publication WHERE topic = ? AND at > ? ORDER BY number LIMIT 1',
    )
    this.#key = prepare('SELECT position, fingerprint, expires_at FROM key WHERE digest = ?')
    this.#keyCount = prepare('SELECT count(*) AS n FROM key')
    this.#putKey = prepare('INSERT OR REPLACE INTO key VALUES (?, ?, ?, ?)')
    this.#forgetKeys = prepare('DELETE FROM key WHERE expires_at <= ?')
  }

  epoch(): string {
    return (this.#epoch.get() as { readonly epoch: string }).epoch
  }

  setEpoch(epoch: string): void {
    this.#setEpoch.run(epoch)
  }

  topic(name: string): TopicRow | undefined {
    return this.#topic.get(name) as TopicRow | undefined
  }

  topicCount(): number {
    return countOf(this.#topicCount)
  }

  topicsFrom(id: number, most: number): readonly TopicRow[] {
    return this.#topicsFrom.all(id, most) as TopicRow[]
  }

  /** @returns its id */
  addTopic(name: string, epoch: string, now: number): number {
    return Number(this.#addTopic.run(name, epoch, now).lastInsertRowid)
  }

  setHead(id: number, number: number, check: string, ageMs: number, now: number): void {
    this.#setHead.run(number, check, ageMs, now, id)
  }

  /** Those without publications that were not used since then. @returns how many */
  forgetTopics(before: number): number {
    return Number(this.#forgetTopics.run(before).changes)
  }

  publication(topic: number, number: number): PublicationRow | undefined {
    return this.#publication.get(topic, number) as PublicationRow | undefined
  }

  addPublication(
    topic: number,
    number: number,
    check: string,
    previousCheck: string,
    at: number,
    user: string | null,
    data: string,
  ): void {
    this.#addPublication.run(topic, number, check, previousCheck, at, user, data)
  }

  dropThrough(topic: number, number: number): void {
    this.#dropThrough.run(topic, number)
  }

  behind(topic: number, number: number, most: number): readonly PublicationRow[] {
    return this.#behind.all(topic, number, Math.min(most, mostRows)) as PublicationRow[]
  }

  /** Oldest first. */
  newest(topic: number, most: number): readonly PublicationRow[] {
    return (this.#newest.all(topic, Math.min(most, mostRows)) as PublicationRow[]).reverse()
  }

  oldest(topic: number): { readonly at: number } | undefined {
    return this.#oldest.get(topic) as { readonly at: number } | undefined
  }

  firstYounger(topic: number, at: number): { readonly number: number } | undefined {
    return this.#firstYounger.get(topic, at) as { readonly number: number } | undefined
  }

  key(digest: string): KeyRow | undefined {
    return this.#key.get(digest) as KeyRow | undefined
  }

  keyCount(): number {
    return countOf(this.#keyCount)
  }

  putKey(digest: string, position: string | null, fingerprint: string, expiresAt: number): void {
    this.#putKey.run(digest, position, fingerprint, expiresAt)
  }

  /** @returns how many */
  forgetKeys(now: number): number {
    return Number(this.#forgetKeys.run(now).changes)
  }
}

function countOf(statement: Statement): number {
  return (statement.get() as { readonly n: number }).n
}
