export function publicPackages(): string[]
export function packAll(
  folders: readonly string[],
  destination: string,
  repository: string | undefined,
): Promise<string[]>
export function absoluteLinks(text: string, folder: string, repository: string): string
