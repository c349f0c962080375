// The one place where the page reads a file of another package: types only, so that both ends agree on them.
export type * from '../../cli/src/serve/messages.ts'
