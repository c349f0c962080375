/** Opens the broker of `sqlite:FILE`. A further broker is one line here, and passes the same chaos. */
export async function openBroker(name) {
  const [kind, ...rest] = name.split(':')
  if (kind === 'sqlite') {
    const { SqliteBroker } = await import('@bothways/sqlite')
    return await SqliteBroker.open({ file: rest.join(':') })
  }
  throw new Error(`There is no broker ${name}.`)
}
