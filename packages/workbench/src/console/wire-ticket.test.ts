import { expect, test } from 'vitest'
import { withoutTicket, withTicket } from './wire-ticket.ts'

const ticket = '0123456789abcdef0123456789abcdef'

test.each(['ws://127.0.0.1/echo', 'ws://127.0.0.1/echo?a=b'])(
  'A ticket of %s is put in and left out',
  address => {
    const url = withTicket(address, 'http://127.0.0.1/', ticket)
    expect(new URL(url).searchParams.get('inspect')).toBe(ticket)
    expect(withoutTicket(url)).toBe(address)
    expect(withTicket(address, 'http://127.0.0.1/', undefined)).toBe(address)
  },
)
