import type { Words } from '../language.ts'

/** The meaning of each close code, and what to do about it; RFC 6455 §7.4.1 and the IANA registry. */
const words: Readonly<Record<number, Words>> = {
  1000: { en: 'normal: the other side is done', zh: '正常关闭：对方已完成' },
  1001: {
    en: 'going away: the server shuts down, or the page was left; come back in a moment',
    zh: '离开：服务器正在关闭，或页面已离开；请稍后重连',
  },
  1002: {
    en: 'protocol error: one side broke a rule of RFC 6455',
    zh: '协议错误：一方违反了 RFC 6455 的规则',
  },
  1003: {
    en: 'unsupported data: the other side does not take this type of message, text or binary',
    zh: '不支持的数据：对方不接受这种类型的消息（文本或二进制）',
  },
  1004: { en: 'reserved: it has no meaning', zh: '保留：没有含义' },
  1005: {
    en: 'no code: the close frame had none, which is normal for many libraries',
    zh: '没有关闭码：关闭帧不带关闭码，许多库都是这样',
  },
  1006: {
    en: 'no close frame came: the connection was cut by a crash, a proxy or the network; never on the wire',
    zh: '没有收到关闭帧：连接因崩溃、代理或网络而中断；它不会在线路上出现',
  },
  1007: {
    en: 'invalid payload: a text message was not UTF-8, or did not inflate',
    zh: '载荷无效：文本消息不是 UTF-8，或无法解压',
  },
  1008: {
    en: 'policy violation: the reason says which rule; without one, look at authentication and rates',
    zh: '违反策略：关闭原因会说明是哪条规则；没有原因时，请检查认证和频率限制',
  },
  1009: {
    en: 'message too big: send less at a time, or raise the limit of the side that closed',
    zh: '消息过大：请分批发送，或提高关闭方的上限',
  },
  1010: {
    en: 'an extension that the client needs is missing: the server must offer it',
    zh: '缺少客户端需要的扩展：服务器须提供该扩展',
  },
  1011: {
    en: 'internal error: the server failed; its log says why',
    zh: '内部错误：服务器出错；请查看它的日志',
  },
  1012: { en: 'service restart: come back in a moment', zh: '服务重启：请稍后重连' },
  1013: {
    en: 'try again later: the other side is overloaded, or we read too slowly; come back after a pause',
    zh: '稍后再试：对方过载，或我方读取太慢；请过一会儿再连',
  },
  1014: {
    en: 'bad gateway: a proxy got a wrong answer from the server behind it',
    zh: '网关错误：代理从后端得到了错误的响应',
  },
  1015: { en: 'the TLS handshake failed; never on the wire', zh: 'TLS 握手失败；它不会在线路上出现' },
}

const ofApplication: Words = {
  en: 'a code of the application: its documentation says what it means',
  zh: '应用自定义的关闭码：含义见应用的文档',
}
const ofLibrary: Words = {
  en: 'a code of a library or framework: its documentation says what it means',
  zh: '库或框架的关闭码：含义见它的文档',
}
const reserved: Words = { en: 'a reserved code', zh: '保留的关闭码' }

export function closeCodeInWords(code: number): Words {
  if (code >= 4000 && code <= 4999) return ofApplication
  if (code >= 3000 && code <= 3999) return ofLibrary
  return words[code] ?? reserved
}
