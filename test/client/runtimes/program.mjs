// `program.mjs URL ROOM`: prints what came of the conversation, in any runtime that has ES modules.
import { createClient } from '@bothways/client'
import { converse } from './conversation.mjs'

const [, , url, room] = process.argv
console.log(JSON.stringify(await converse(createClient, url, room)))
