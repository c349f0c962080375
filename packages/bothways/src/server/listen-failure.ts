/**
 * Says in words why a server could not listen. The error stays the one of Node, with its code; only its message says more.
 */
export function explainListenFailure(error: unknown, host: string, port: number): unknown {
  if (!(error instanceof Error)) return error
  const why = reasonOf((error as NodeJS.ErrnoException).code, host, port)
  if (why !== undefined) error.message = `${why} (${error.message})`
  return error
}

function reasonOf(code: string | undefined, host: string, port: number): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use by another program: end that one, or choose another port (0 takes any that is free).`
    case 'EACCES':
      return `Port ${port} needs more rights than this user has: choose one above 1023.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      if (/[/?]|^[^:]+:\d+$/.test(host)) {
        return `The host of listen is a name or an address alone, without scheme, path and port: listen({ host: '127.0.0.1', port: 8080 }), got '${host}'.`
      }
      return `This machine has no address ${host}: use 127.0.0.1 for itself alone, 0.0.0.0 or :: for every network.`
    default:
      return undefined
  }
}
