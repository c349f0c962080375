import { constants } from 'node:buffer'

/** The default of `--max-payload`: 64 MiB. */
export const defaultPayloadBytes: number = 64 * 1024 * 1024

/** A longer text could not become a string. */
export const highestPayloadBytes: number = constants.MAX_STRING_LENGTH
