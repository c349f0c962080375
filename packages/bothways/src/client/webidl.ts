import { toUSVString } from 'node:util'

/** WebIDL's conversion to `DOMString` (§3.2.10); a Symbol throws a TypeError, as JavaScript's ToString does. */
export function toDomString(value: unknown): string {
  return `${value}`
}

/** WebIDL's conversion to `USVString` (§3.2.12): lone surrogates become U+FFFD. */
export function toUsvString(value: unknown): string {
  return toUSVString(toDomString(value))
}

/** WebIDL's conversion to `unsigned short` (§3.2.4.4): whole, modulo 2 to the power of 16. */
export function toUnsignedShort(value: unknown): number {
  const whole = Math.trunc(toNumber(value)) % 65_536
  return Number.isFinite(whole) ? (whole + 65_536) % 65_536 : 0
}

/** WebIDL's conversion to `[Clamp] unsigned short` (§3.3.3): the nearest there is, of two the even one. */
export function toClampedUnsignedShort(value: unknown): number {
  const number = toNumber(value)
  if (Number.isNaN(number)) return 0
  const clamped = Math.min(65_535, Math.max(0, number))
  const floor = Math.floor(clamped)
  const isTie = clamped - floor === 0.5
  return isTie ? floor + (floor % 2) : Math.round(clamped)
}

/**
 * WebIDL's conversion to `[EnforceRange] unsigned short` (§3.3.6).
 *
 * @throws TypeError for a value that is no number from 0 to 65,535
 */
export function toEnforcedUnsignedShort(value: unknown): number {
  const whole = Math.trunc(toNumber(value))
  if (whole >= 0 && whole <= 65_535) return whole + 0
  throw new TypeError(`A number from 0 to 65535 is needed, got ${String(value)}.`)
}

/** JavaScript's ToNumber, which refuses a BigInt and a Symbol with a TypeError; `Number()` takes a BigInt. */
function toNumber(value: unknown): number {
  return +(value as number)
}

/**
 * WebIDL's conversion to `sequence` (§3.2.21).
 *
 * @throws TypeError for a value that cannot be iterated
 */
export function toSequence<Element>(value: unknown, toElement: (value: unknown) => Element): Element[] {
  if (!isObject(value)) throw new TypeError(`A sequence must be an iterable object, got ${typeof value}.`)
  return Array.from({ [Symbol.iterator]: () => iterate(value) }, toElement)
}

function iterate(value: object): Iterator<unknown> {
  return (value as Iterable<unknown>)[Symbol.iterator]()
}

/** Whether WebIDL takes the value for a sequence where a string is allowed, too (§3.2.24, conversion to a union). */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return isObject(value) && (value as Partial<Iterable<unknown>>)[Symbol.iterator] != null
}

/**
 * A dictionary argument (§3.2.17) before its members are converted: undefined and null mean an empty one.
 *
 * @throws TypeError for anything else that is no object
 */
export function toDictionary(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw new TypeError(`An init must be an object, got ${typeof value}.`)
  return value as Record<string, unknown>
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** Gives a class what WebIDL says of interfaces (§3.7): its members can be enumerated, and it has its name as tag. */
export function defineInterface(
  { prototype }: { readonly prototype: object },
  name: string,
  members: readonly string[],
): void {
  for (const member of members) Object.defineProperty(prototype, member, { enumerable: true })
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true })
}

/** Constants of an interface stand on the class and on its prototype, and nobody can change them (WebIDL §3.7.5). */
export function defineConstants(
  Class: { readonly prototype: object },
  constants: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(constants)) {
    const constant = { value, enumerable: true, writable: false, configurable: false }
    Object.defineProperty(Class, name, constant)
    Object.defineProperty(Class.prototype, name, constant)
  }
}
