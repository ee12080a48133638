/** What was wrong with one field: chapters 1.6 and 4.3. */
export interface ValidationError {
  message: string;
  params: { key?: string; value?: string; child?: string; reason?: string };
}

/** A refusal, answered as `{id, message, validationErrors?}` with `status`: chapters 1.6 and 4.3. */
export class SchemeError extends Error {
  constructor(
    readonly status: number,
    readonly id: string,
    message: string,
    readonly validationErrors: ValidationError[] = [],
  ) {
    super(message);
  }

  get body(): { id: string; message: string; validationErrors?: ValidationError[] } {
    const { id, message, validationErrors } = this;
    return validationErrors.length === 0 ? { id, message } : { id, message, validationErrors };
  }
}

export const notFound = (): SchemeError =>
  new SchemeError(404, 'NotFoundError', 'The requested resource could not be found.');

/** The ledger has one id for every semantic fault; the Five Bells name of the fault is in `params.reason`. */
export type UnprocessableReason =
  | 'ExpiredTransferError'
  | 'InsufficientFundsError'
  | 'InvalidModificationError'
  | 'UnmetConditionError'
  | 'UnprocessableEntityError';

export const unprocessable = (
  message: string,
  key: string,
  value = '',
  reason: UnprocessableReason = 'UnprocessableEntityError',
): SchemeError =>
  new SchemeError(
    422,
    'UnprocessableEntityError',
    'The provided entity is syntactically correct, but there is a generic semantic problem with it',
    [{ message, params: { key, value, reason } }],
  );

export const unsupportedCryptoType = (): SchemeError =>
  new SchemeError(422, 'UnsupportedCryptoTypeError', 'The crypto type specified in the condition is not supported');

export const invalidUriParameter = (message: string, key: string, value: string): SchemeError =>
  new SchemeError(404, 'InvalidUriParameterError', 'Error validating one or more uri parameters', [
    { message, params: { value, key } },
  ]);

export const invalidQueryParameter = (message: string, key: string, value: string): SchemeError =>
  new SchemeError(404, 'InvalidQueryParameterError', 'Error validating one or more query parameters', [
    { message, params: { key, value } },
  ]);

export const invalidBody = (validationErrors: ValidationError[]): SchemeError =>
  new SchemeError(400, 'InvalidBodyError', 'Body does not match schema', validationErrors);

export const unauthorised = (message: string): SchemeError => new SchemeError(401, 'UnauthorizedError', message);

export const forbidden = (message: string): SchemeError => new SchemeError(403, 'UnauthorizedError', message);
