type Next = (error?: Error) => void
export type Middleware<Subject> = (subject: Subject, next: Next) => void

/** Runs middlewares one after the other, until one says that something is wrong. */
export function runMiddlewares<Subject>(
  middlewares: readonly Middleware<Subject>[],
  subject: Subject,
  done: Next,
): void {
  // Those that are added meanwhile are for the next one.
  const all = [...middlewares]
  const run = (at: number): void => {
    const middleware = all[at]
    if (middleware === undefined) done()
    else middleware(subject, error => (error ? done(error) : run(at + 1)))
  }
  run(0)
}
