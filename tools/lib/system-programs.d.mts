export interface SystemPrograms {
  readonly python: string
  readonly chromium: string
  readonly firefox: string
  readonly nginx: string
  readonly haproxy: string
  readonly caddy: string
  readonly apache: string
  readonly redis: string
  readonly nats: string
  readonly openssl: string
  readonly curl: string
  readonly cc: string
  readonly make: string
  readonly cxx: string
}
export function systemPrograms(environment?: Readonly<Record<string, string | undefined>>): SystemPrograms
