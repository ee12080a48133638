import { schemeError, type FspiopCode } from '../scheme-errors';

/** A message of another provider that is not taken, with the HTTP status that says so. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 413 | 503,
    readonly code: FspiopCode,
    what?: string,
  ) {
    super(schemeError(code, what).description);
  }
}
