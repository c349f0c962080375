// A topic as refs: `const { publications, members, status, publish } = useTopic(client, 'room/42', { last: 50 })`
import { onScopeDispose, ref, shallowRef } from 'vue'

export function useTopic(client, name, options) {
  const [publications, members, status] = [shallowRef([]), shallowRef([]), ref(client.status)]
  const topic = client.topic(name, options)
  topic.on('publication', it => (publications.value = [...publications.value, it].slice(-100)))
  topic.on('gap', () => (publications.value = []))
  topic.on('members', it => (members.value = it))
  const stop = client.on('status', it => (status.value = it.status))
  onScopeDispose(() => {
    stop()
    topic.close()
  })
  return { publications, members, status, publish: data => topic.publish(data) }
}
