import { toStandardJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'

const Message = v.object({
  text: v.pipe(v.string(), v.trim(), v.minLength(1)),
  at: v.optional(v.number(), 0),
})

export const contract = {
  topics: {
    'room/:id': { data: Message },
    'room/lobby': { data: v.string() },
    load: { data: toStandardJsonSchema(v.object({ cpu: v.number() })) },
  },
  methods: {
    length: { input: toStandardJsonSchema(v.object({ text: v.string() })), output: v.number() },
    now: { output: v.number() },
  },
}
