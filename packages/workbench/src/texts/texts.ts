import type { en } from './en.ts'

/** Every text of the page. A language that lacks one, or takes other arguments, does not compile. */
export type Texts = typeof en
