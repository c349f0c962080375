import { Failure } from './wrong-use.ts'

/** Why a server could not listen, in words; anything else is passed on as it is. */
export function listenFailure(error: unknown, host: string, port: number): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'EADDRINUSE':
      return new Failure(
        `Port ${port} of ${host} is in use by another program: end that one, or choose another with --port (0 takes any that is free).`,
      )
    case 'EACCES':
      return new Failure(`Port ${port} needs more rights than this user has: choose one above 1023.`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Failure(
        `This machine has no address ${host}: use 127.0.0.1 for itself alone, 0.0.0.0 or :: for every network.`,
      )
    default:
      return syscall === undefined
        ? error
        : new Failure(`Cannot listen on port ${port} of ${host}: ${message}.`)
  }
}
