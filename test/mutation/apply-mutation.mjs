/**
 * The source with the bug in it.
 *
 * @throws Error when the text to replace is not there exactly once: the mutation then says nothing any more
 * @type {typeof import('./apply-mutation.d.mts').applyMutation}
 */
export function applyMutation(source, { title, file, from, to }) {
  const count = source.split(from).length - 1
  if (count !== 1)
    throw new Error(`"${title}": the text to replace stands in ${file} ${count} times, not once.`)
  // As a function, so that a $ in it means itself.
  return source.replace(from, () => to)
}
