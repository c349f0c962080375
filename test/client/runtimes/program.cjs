// As program.mjs, for programs that `require`.
const { createClient } = require('@bothways/client')

const [, , url, room] = process.argv
async function main() {
  const { converse } = await import('./conversation.mjs')
  console.log(JSON.stringify(await converse(createClient, url, room)))
}

void main()
