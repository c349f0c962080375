import type { ChatError, ChatErrorCode, ChatRequest } from '../messages.ts'
import { longestRequest, parseObject } from '../parse-object.ts'

/** In UTF-16 code units. */
export const chatLimits: Readonly<Record<'room' | 'name' | 'text' | 'request', number>> = {
  room: 40,
  name: 40,
  text: 2_000,
  request: longestRequest,
}

/**
 * What cannot be seen in a name, or turns around what is beside it (Unicode Cc and Cf, the joiners and the overrides of
 * direction among them; Zl, Zp, variation selectors, fillers). Left out of names and rooms: two that look alike are one.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Variation_Selector}\u115f\u1160\u3164\uffa0]/gu

export type ParsedChatRequest =
  | { readonly request: ChatRequest; readonly error?: never }
  | { readonly error: ChatError; readonly request?: never }

/** Reads what a chat client sent, whatever it is. */
export function parseChatRequest(message: unknown): ParsedChatRequest {
  if (typeof message !== 'string')
    return wrong('not-text', 'This chat takes JSON in text messages, no binary.')
  if (message.length > chatLimits.request) {
    return wrong('too-long', `A request is at most ${chatLimits.request} characters.`)
  }
  const fields = parseObject(message)
  if (fields === undefined) return wrong('not-json', 'A request is a JSON object such as {"type":"leave"}.')
  switch (fields.type) {
    case 'join': {
      const room = field(fields, 'room')
      if (typeof room !== 'string') return room
      const name = field(fields, 'name')
      if (typeof name !== 'string') return name
      return { request: { type: 'join', room, name } }
    }
    case 'message': {
      const text = field(fields, 'text')
      return typeof text === 'string' ? { request: { type: 'message', text } } : text
    }
    case 'leave':
      return { request: { type: 'leave' } }
    default:
      return wrong('unknown-type', "The type of a request is 'join', 'message' or 'leave'.")
  }
}

function field(
  fields: Readonly<Record<string, unknown>>,
  name: 'room' | 'name' | 'text',
): string | { readonly error: ChatError } {
  const value = fields[name]
  if (typeof value !== 'string') return wrong('invalid-field', `The field ${name} must be a string.`)
  const visible = name === 'text' ? value : value.replaceAll(unseen, '')
  const text = visible.trim().normalize('NFC')
  if (text === '') return wrong('empty', `The field ${name} is empty.`)
  if (text.length > chatLimits[name]) {
    return wrong(
      'too-long',
      `The field ${name} is at most ${chatLimits[name]} characters, got ${text.length}.`,
    )
  }
  return text
}

function wrong(code: ChatErrorCode, text: string): { readonly error: ChatError } {
  return { error: { code, text } }
}
