import { type Case, type Cases, echo } from './case.ts'

/** A client sends this, which the protocol forbids. */
function bad(...messages: (string | Uint8Array)[]): Case {
  return {
    script: async scene => {
      echo(scene)
      const client = await scene.join()
      await client.send(messages)
      await client.closed()
      await scene.noted(3)
    },
  }
}

/** The packets that the protocol forbids. */
export const badPackets: Cases = {
  'an unknown type': bad('49'),
  'a reserved name': bad('42["disconnect"]'),
  'another reserved name': bad('42["newListener",1]'),
  'an event that is no array': bad('42{"a":1}'),
  'an event without a name': bad('42[]'),
  'an event with an object as name': bad('42[{}]'),
  'no JSON': bad('42["e",'),
  'an acknowledgement that is no array': bad('430{}'),
  'a disconnection with data': bad('41{}'),
  'attachments that never come': bad('451-["e",{"_placeholder":true,"num":0}]', '42["e"]'),
  'attachments without a number': bad('45-["e"]'),
  'no attachments': bad('450-["e"]'),
  'too many attachments': bad('4511-["e"]'),
  'an attachment that was not announced': bad(new Uint8Array([1])),
  'a placeholder without attachment': bad('451-["e",{"_placeholder":true,"num":1}]', new Uint8Array([1])),
  'a placeholder with a bad number': bad(
    '451-["e",{"_placeholder":true,"num":"splice"}]',
    new Uint8Array([1]),
  ),
  'a namespace is joined with an array': {
    script: async ({ open }) => {
      const client = await open()
      await client.send(['40[]'])
      await client.closed()
    },
  },
  'a namespace is joined twice': {
    script: async scene => {
      echo(scene)
      const client = await scene.join()
      await client.send(['40'])
      await client.closed()
      await scene.noted(3)
    },
  },
  'the client sends what only servers send': bad('44{"message":"x"}'),
}
