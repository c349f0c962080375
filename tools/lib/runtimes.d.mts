export const bun: string
export const deno: string
export function prepareRuntimes(): Promise<void>
