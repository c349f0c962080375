import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Connection, resolveConnectionOptions } from 'bothways/connection'
import { describe, expect, test } from 'vitest'
import { connectionOptions } from '../../packages/bothways/src/connection/options.ts'
import { defaultText, rowsByName, rowsOf } from './tables.ts'

const page = 'docs/reference/connection.md'
const source = ['connection-init.ts', 'channel.ts', 'compat.ts']
  .map(file => join(import.meta.dirname, '../../packages/bothways/src/connection', file))
  .map(path => readFileSync(path, 'utf8'))
  .join('')

/** The members of an interface of a connection, those that it inherits behind its own. */
function membersOf(name: string): string[] {
  const [, inherited, body = ''] =
    new RegExp(`export interface ${name}(?: extends (\\w+))? {(.*?)\n}`, 's').exec(source) ?? []
  const members = Array.from(body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm), ([, member = '']) => member)
  return inherited === undefined ? members : [...members, ...membersOf(inherited)]
}

describe('The reference of bothways/connection', () => {
  test('has every option, and no other, with the defaults of the code for both roles', () => {
    const rows = rowsByName(page, '## Options')
    expect([...rows.keys()].sort()).toEqual(Object.keys(connectionOptions).sort())
    for (const [column, role] of [
      [1, 'server'],
      [2, 'client'],
    ] as const) {
      const { keepalive, compression, ...settings } = resolveConnectionOptions({}, role)
      const written = Object.entries(settings).map(([name, value]) => [name, defaultText(value)])
      for (const [name, text] of written) expect([name, rows.get(`${name}`)?.[column]]).toEqual([name, text])
      expect(rows.get('compression')?.[column]).toBe(String(compression !== false))
      const times = Object.entries(keepalive).map(([name, value]) => `\`${name}\` ${defaultText(value)}`)
      expect(rows.get('keepalive')?.[column]).toBe(times.join(', '))
    }
  })

  test.each([
    ['ConnectionInit', '## What it is made with'],
    ['ConnectionHandler', '## What the handler is told'],
    ['ConnectionCompat', '## Compat'],
  ])('has every member of %s, and no other', (name, heading) => {
    const written = [...rowsByName(page, heading).keys()].filter(it => it !== name)
    expect(written.sort()).toEqual(membersOf(name).sort())
  })

  test('names no member of a connection that does not exist', () => {
    const names = rowsOf(page, '## What it can do').flatMap(([cell = '']) =>
      Array.from(cell.matchAll(/`(\w+)/g), ([, name = '']) => name),
    )
    expect(names.filter(name => name !== 'Connection' && !(name in Connection.prototype))).toEqual([])
  })
})
