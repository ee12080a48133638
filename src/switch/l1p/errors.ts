import { z } from 'zod';
import type { SchemeError } from '../port';
import { errorFrom, schemeError, type FspiopCode } from '../scheme-errors';

/** An error of the central services (1.6, 4.3): for the ledger's semantic faults `reason` says which, in Five Bells' words. */
const refusal = z.object({
  id: z.string(),
  message: z.string().catch(''),
  code: z.string().optional(),
  validationErrors: z
    .array(
      z.object({
        message: z.string().catch(''),
        params: z.object({ reason: z.string().optional() }).catch({}),
      }),
    )
    .catch([]),
});

const codes: Readonly<Record<string, FspiopCode>> = {
  InsufficientFundsError: '4001',
  ExpiredTransferError: '3303',
  InvalidModificationError: '3106',
  UnmetConditionError: '3100',
  UnprocessableEntityError: '3100',
  UnsupportedCryptoTypeError: '3100',
  InvalidBodyError: '3101',
  InvalidUriParameterError: '3100',
  InvalidQueryParameterError: '3100',
  NotFoundError: '3208',
};

/** A refusal in the port's words. What was prepared with other content is there: of that, money may have moved. */
export function refusalOf(status: number, body: unknown): { readonly id: string; readonly error: SchemeError } {
  const read = refusal.safeParse(body);
  if (!read.success) return { id: '', error: schemeError('3000', `HTTP ${status}`) };
  const { id, message, code: said, validationErrors } = read.data;
  const peers = errorFrom({ code: said, description: message, moneyMoved: 'no' });
  if (peers) return { id, error: peers };
  const [first] = validationErrors;
  const code = codes[first?.params.reason ?? ''] ?? codes[id] ?? '3000';
  return { id, error: schemeError(code, first?.message ?? message, code === '3106' ? 'unknown' : 'no') };
}

/** The plain text of a rejection: the code, then the words. */
export function rejectionOf({ code, description }: SchemeError): string {
  return `${code} ${description}`;
}

/** Why the ledger says that a transfer is rejected; words without a code are the payee's provider's. */
export function readRejection(reason: string | undefined, message: string | undefined): SchemeError {
  if (reason === 'expired') return schemeError('3303');
  const [, code, description] = /^([1-9]\d{3}) (.*)$/s.exec(message ?? '') ?? [];
  return errorFrom({ code, description, moneyMoved: 'no' }) ?? schemeError('5105', message);
}
