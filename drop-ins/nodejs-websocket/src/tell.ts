import { throwLater } from 'bothways/drop-in'

/**
 * Tells the program something, and whether it listens. An error that a listener throws ends the process, unless the program
 * catches that; it does not disturb the connection.
 */
export function tell(emit: () => boolean): boolean {
  try {
    return emit()
  } catch (error) {
    throwLater(error)
    return true
  }
}
