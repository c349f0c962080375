import type { Contract, Schema } from 'bothways'
import type { Language, Words } from '../language.ts'

type JsonObject = { [name: string]: unknown }

export interface DocumentInfo {
  readonly title: string
  readonly version: string
}

/** The JSON Schemas that a schema offers by Standard JSON Schema (https://standardschema.dev/json-schema). */
interface SaysJsonSchema {
  readonly jsonSchema?: Record<Direction, (options: { target: 'draft-07' }) => JsonObject>
}

type Direction = 'input' | 'output'

/**
 * A contract as an AsyncAPI 3.0 document, whose schemas are those of JSON Schema draft 07.
 *
 * @param unsaid is told of each schema that has no JSON Schema: any JSON stands for it
 */
export function asyncApi(
  contract: Contract,
  info: DocumentInfo,
  language: Language,
  unsaid: (what: string, schema: Schema) => void,
): JsonObject {
  const channels: JsonObject = {}
  const operations: JsonObject = {}
  const schemas: JsonObject = {}
  const ids = new Set<string>()

  /** A message whose payload is a schema among the components. */
  function message(name: string, id: string, what: string, schema: Schema | undefined, direction: Direction) {
    if (schema === undefined) return { name, payload: {} }
    const said = jsonSchemaOf(schema, direction)
    if (said === undefined) unsaid(what, schema)
    const key = `${id}_${name}`
    schemas[key] = said === undefined ? {} : within(`#/components/schemas/${key}`, said)
    return { name, payload: reference('components', 'schemas', key) }
  }

  for (const [pattern, { data }] of Object.entries(contract.topics ?? {})) {
    const id = unique(pattern, ids)
    const names = Array.from(pattern.matchAll(parameters), ([, , named]) => named ?? restName)
    channels[id] = {
      title: pattern,
      address: pattern.replace(parameters, (_, slash, named) => `${slash}{${named ?? restName}}`),
      ...(names.length > 0 && { parameters: Object.fromEntries(names.map(name => [name, {}])) }),
      messages: {
        publish: message('publish', id, pattern, data, 'input'),
        publication: message('publication', id, pattern, data, 'output'),
      },
    }
    operations[`publish_${id}`] = operation('receive', id, 'publish')
    operations[`subscribe_${id}`] = operation('send', id, 'publication')
  }
  for (const [method, { input, output }] of Object.entries(contract.methods ?? {})) {
    const id = unique(`method_${method}`, ids)
    channels[id] = {
      title: method,
      address: null,
      messages: {
        request: message('request', id, method, input, 'input'),
        response: message('response', id, method, output, 'output'),
      },
    }
    const { channel, messages } = operation('send', id, 'response')
    operations[`request_${id}`] = { ...operation('receive', id, 'request'), reply: { channel, messages } }
  }
  return {
    asyncapi: '3.0.0',
    info: { ...info, description: howItTravels[language] },
    defaultContentType: 'application/json',
    channels,
    operations,
    components: { schemas },
  }
}

const howItTravels: Words = {
  en: 'Topics are channels, methods are channels without an address. Messages travel by bothways.v1, over WebSocket or HTTP: a payload is the data of its publish, publication (of a state topic: state), request or response.',
  zh: '主题是通道，方法是没有地址的通道。消息以 bothways.v1 传输，经由 WebSocket 或 HTTP：payload 就是其中 publish、publication（状态主题为 state）、request 或 response 的 data。',
}

/** A segment of a pattern that stands for others: `:id`, or the `*` at the end. */
const parameters = /(^|\/)(?::([^/]+)|\*)/g
const restName = 'rest'

function operation(action: 'send' | 'receive', id: string, name: string) {
  return {
    action,
    channel: reference('channels', id),
    messages: [reference('channels', id, 'messages', name)],
  }
}

function reference(...path: readonly string[]): { readonly $ref: string } {
  return { $ref: `#/${path.join('/')}` }
}

/** An id that none of `ids` is, and that can be part of a reference as it is. */
function unique(name: string, ids: Set<string>): string {
  const plain = name.replaceAll(/[^\w-]+/g, '_').replace(/^_+|_+$/g, '') || 'topic'
  let id = plain
  for (let at = 2; ids.has(id); at++) id = `${plain}_${at}`
  ids.add(id)
  return id
}

function jsonSchemaOf(schema: Schema, direction: Direction): JsonObject | undefined {
  try {
    const standard: Schema['~standard'] & SaysJsonSchema = schema['~standard']
    return standard.jsonSchema?.[direction]({ target: 'draft-07' })
  } catch {
    // There are schemas that JSON Schema cannot say, such as dates.
    return undefined
  }
}

/** A schema as a part of a larger document, where its references to itself lead to `place`. */
function within(place: string, { $schema: _, ...schema }: JsonObject): unknown {
  return JSON.parse(JSON.stringify(schema), (name, value) =>
    name === '$ref' && typeof value === 'string' && value.startsWith('#') ? place + value.slice(1) : value,
  )
}
