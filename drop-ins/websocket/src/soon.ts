/**
 * Calls back when whoever is told of a connection now has had its turn, the continuations of promises included, and
 * before anything else can come or go: so that no message is lost on a program that awaits the connection.
 */
export function soon(callback: () => void): void {
  process.nextTick(() => queueMicrotask(() => process.nextTick(callback)))
}
