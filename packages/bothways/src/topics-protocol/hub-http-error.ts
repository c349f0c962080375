import { type HubCode, HubError } from '../hub/hub-error.ts'

/** A refusal over HTTP whose status says more than its code. */
export class HubHttpError extends HubError {
  readonly status: number

  constructor(code: HubCode, status: number, message: string) {
    super(code, message)
    this.status = status
  }
}

export function unsupportedMediaType(message: string): HubHttpError {
  return new HubHttpError('bad_request', 415, message)
}
