import { schemeError, type FspiopCode } from './scheme-errors';

/** A message that came and is not taken, with the HTTP status that says so. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 406 | 413 | 501 | 503,
    readonly code: FspiopCode,
    what?: string,
    readonly more: {
      readonly extensions?: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(schemeError(code, what).description);
  }
}

/** Whatever went wrong with a message, as a refusal: too large, no body that can be read, or nothing was kept and it is to come again. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  if (status === 413) return new Refusal(413, '3104');
  if (status >= 400 && status < 500) return new Refusal(400, '3101', 'body');
  return new Refusal(503, '2003');
}
