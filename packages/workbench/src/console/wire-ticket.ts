/** The address with the ticket by which the page's server knows the connection to watch. */
export function withTicket(address: string, base: string, ticket: string | undefined): string {
  if (ticket === undefined) return address
  const url = new URL(address, base)
  url.searchParams.set('inspect', ticket)
  return url.href
}

/** The address as the reader wrote it. */
export function withoutTicket(address: string): string {
  return address.replace(/[?&]inspect=[0-9a-f]{32}$/, '')
}
