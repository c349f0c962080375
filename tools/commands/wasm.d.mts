/** The source that must stand in `read-memory-module.ts`. */
export function moduleSource(): Promise<string>
