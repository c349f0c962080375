/** An error that a program's function throws ends here, whether at once or later: it must not end the process. */
export function neverThrowing<Args extends unknown[]>(
  tell: (...args: Args) => unknown,
  onFailure: (failure: unknown) => void,
): (...args: Args) => void {
  const run = async (...args: Args): Promise<unknown> => tell(...args)
  return (...args) => void run(...args).catch(onFailure)
}
