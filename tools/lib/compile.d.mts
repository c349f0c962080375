export function compile(folders: readonly string[], base?: string): Promise<boolean>
