import { createClient } from '@bothways/client'
import { createApp, ref } from 'vue'
import { useTopic } from './topic.js'

const client = createClient('/bothways')
const name = decodeURIComponent(location.hash.slice(1)) || 'somebody'

createApp({
  setup() {
    const text = ref('')
    const { publish, ...topic } = useTopic(client, 'room/42', { last: 50, presence: { name } })
    const say = async () => {
      await publish({ name, text: text.value })
      text.value = ''
    }
    return { ...topic, text, say }
  },
  template: `
    <p><output>{{ status }}</output> {{ members.map(it => it.data.name).join(', ') }}</p>
    <ul><li v-for="it in publications" :key="it.position">{{ it.data.name }}: {{ it.data.text }}</li></ul>
    <form @submit.prevent="say"><input v-model="text" placeholder="Say something"><button>Send</button></form>
  `,
}).mount('#app')
