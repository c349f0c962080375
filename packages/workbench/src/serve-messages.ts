// The one place where the page reads a file of another package, so that both ends agree on what they say.
export * from '../../cli/src/serve/messages.ts'
