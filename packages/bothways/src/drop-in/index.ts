// `bothways/drop-in`: the parts that the drop-ins for other libraries have in common; it may change with any release.
export { wholeArrayBuffer } from './array-buffer.ts'
export { answerTimeoutMs, lateAnswerError } from './late-answer.ts'
export { throwLater } from './throw-later.ts'
