import { Failure } from './wrong-use.ts'

/** Why a server could not listen, in words, with the option that chooses the port; anything else is passed on as it is. */
export function listenFailure(error: unknown, host: string, port: number, option = '--port'): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'EADDRINUSE':
      return new Failure({
        en: `Port ${port} of ${host} is in use by another program: end that one, or choose another with ${option} (0 takes any that is free).`,
        zh: `${host} 的端口 ${port} 已被另一个程序占用：请结束那个程序，或用 ${option} 换一个端口（0 表示任取一个空闲端口）。`,
      })
    case 'EACCES':
      return new Failure({
        en: `Port ${port} needs more rights than this user has: choose one above 1023.`,
        zh: `当前用户没有使用端口 ${port} 的权限：请选择大于 1023 的端口。`,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Failure({
        en: `This machine has no address ${host}: use 127.0.0.1 for itself alone, 0.0.0.0 or :: for every network.`,
        zh: `本机没有地址 ${host}：127.0.0.1 仅限本机，0.0.0.0 或 :: 表示所有网络。`,
      })
    default:
      return syscall === undefined
        ? error
        : new Failure({
            en: `Cannot listen on port ${port} of ${host}: ${message}.`,
            zh: `无法在 ${host} 的端口 ${port} 上监听：${message}。`,
          })
  }
}
