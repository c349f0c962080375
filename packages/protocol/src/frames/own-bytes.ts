/**
 * Bytes in memory of their own, which is not shared: `Uint8Array<ArrayBuffer>` where TypeScript knows that (since 5.7),
 * `Uint8Array` for older compilers, which would take the former for a mistake in our types.
 */
export type OwnBytes = ReturnType<(typeof Uint8Array)['of']>
