import type { SchemeError } from '../port';
import { descriptionLengthMax, errorFrom, schemeError, type FspiopCode } from '../scheme-errors';
import type { JsonObject } from './canonical';

export { schemeError, type FspiopCode };

/** The body of an error: of an answer and of a callback to `…/error`. */
export function errorBody(
  error: Pick<SchemeError, 'code' | 'description'>,
  extensions: Readonly<Record<string, string>> = {},
): JsonObject {
  const extension = Object.entries(extensions).map(([key, value]) => ({ key, value }));
  return {
    errorInformation: {
      errorCode: error.code,
      errorDescription: error.description.slice(0, descriptionLengthMax),
      ...(extension.length > 0 && { extensionList: { extension } }),
    },
  };
}

/** Reads the error that another party sent; what isn't an error of FSPIOP at all is undefined. */
export function readError(body: unknown, moneyMoved: SchemeError['moneyMoved']): SchemeError | undefined {
  const information = (body as { errorInformation?: { errorCode?: unknown; errorDescription?: unknown } } | null)
    ?.errorInformation;
  const { errorCode, errorDescription } = information ?? {};
  return errorFrom({ code: errorCode, description: errorDescription, moneyMoved });
}
