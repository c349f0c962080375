import { defaultPayloadBytes } from '../payload-limits.ts'
import type { OptionWithDefault } from './command.ts'

export function portOption(standard: number): OptionWithDefault {
  return {
    type: 'string',
    value: 'N',
    default: String(standard),
    says: {
      en: 'the port; 0 takes any that is free, and the line it prints when ready tells which',
      zh: '端口；0 表示任取一个空闲端口，就绪时打印的那一行会给出',
    },
  }
}

export const hostOption: OptionWithDefault = {
  type: 'string',
  value: 'H',
  default: '127.0.0.1',
  says: {
    en: 'the address: 127.0.0.1 for this machine alone, 0.0.0.0 or :: for every network',
    zh: '监听地址：127.0.0.1 仅限本机，0.0.0.0 或 :: 表示所有网络',
  },
}

export const maxPayloadOption: OptionWithDefault = {
  type: 'string',
  value: 'BYTES',
  default: String(defaultPayloadBytes),
  says: { en: 'the largest message to receive', zh: '可接收的最大消息' },
}
