export function tellStory(
  WebSocketStream: unknown,
  WebSocketError: unknown,
  url: string,
  canCut?: boolean,
): Promise<Record<string, unknown>>
