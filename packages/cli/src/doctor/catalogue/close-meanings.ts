import type { Language } from '../../language.ts'

type Meaning = Readonly<Record<Language, string>>

/** The explanation of each close code that a server sent at once (RFC 6455 §7.4.1 and the IANA registry). */
const meanings: Readonly<Record<number, Meaning>> = {
  1000: {
    en: 'The server has finished: it may want nothing but to send something, or the path is for others.',
    zh: '服务器认为已完成：它可能只发送一次，或该路径另有用途。',
  },
  1001: {
    en: 'The server is going away, as in a deploy: connect again after a moment.',
    zh: '服务器正在离开（例如部署）：请稍后重连。',
  },
  1002: {
    en: 'The server believes that the client broke the protocol: two writers on one socket, or a server that cannot take compression or masked frames.',
    zh: '服务器认为客户端违反了协议：套接字上有两个写入者，或服务器不能处理压缩、掩码帧。',
  },
  1003: { en: 'The server does not take this type of data.', zh: '服务器不接受这种类型的数据。' },
  1005: {
    en: 'The close frame carries no code: look at the server’s log.',
    zh: '关闭帧没有关闭码：请查看服务器日志。',
  },
  1007: { en: 'The server got text that is not UTF-8.', zh: '服务器收到了非 UTF-8 的文本。' },
  1008: {
    en: 'The server refuses by policy: authentication, origin or a rate limit. Its reason says which.',
    zh: '服务器按策略拒绝：认证、Origin 或频率限制。原因见关闭原因。',
  },
  1009: { en: 'The message was too big for the server.', zh: '消息超过了服务器的上限。' },
  1010: { en: 'An extension is missing.', zh: '缺少扩展。' },
  1011: { en: 'The server’s handler threw: read its log.', zh: '服务器的处理程序抛出了异常：请查看日志。' },
  1012: { en: 'The server restarts: connect again after a moment.', zh: '服务器正在重启：请稍后重连。' },
  1013: { en: 'The server is overloaded: try again later.', zh: '服务器过载：请稍后再试。' },
  1014: { en: 'A gateway got a bad answer from the server behind it.', zh: '网关从后端得到了错误的回应。' },
}

export function closeMeaning(code: number): Meaning {
  const known = meanings[code]
  if (known !== undefined) return known
  const http: Readonly<Record<number, string>> = {
    401: '401',
    403: '403',
    404: '404',
    408: '408',
    413: '413',
    429: '429',
  }
  const alike = code >= 4400 && code <= 4499 ? http[code - 4000] : undefined
  const hint =
    alike === undefined
      ? { en: '', zh: '' }
      : { en: ` It is often used as HTTP’s ${alike}.`, zh: `它常表示 HTTP 的 ${alike}。` }
  return {
    en: `A code of the application’s own: look it up in its documentation.${hint.en}`,
    zh: `应用自定义的关闭码：请查阅应用的文档。${hint.zh}`,
  }
}
