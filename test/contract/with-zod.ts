import { z } from 'zod'

const Message = z.object({ text: z.string().trim().min(1), at: z.number().default(0) })

export const contract = {
  topics: {
    'room/:id': { data: Message },
    'room/lobby': { data: z.string() },
    load: { data: z.object({ cpu: z.number() }) },
  },
  methods: {
    length: { input: z.object({ text: z.string() }), output: z.number() },
    now: { output: z.number() },
  },
}
