/** The version of `websocket` whose behaviour this is. */
export const version = '1.0.35'
