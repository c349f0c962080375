import { type } from 'arktype'

const Message = type({ text: type('string.trim').to('string > 0'), at: 'number = 0' })

export const contract = {
  topics: {
    'room/:id': { data: Message },
    'room/lobby': { data: type('string') },
    load: { data: type({ cpu: 'number' }) },
  },
  methods: {
    length: { input: type({ text: 'string' }), output: type('number') },
    now: { output: type('number') },
  },
}
