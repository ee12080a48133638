import type { PaymentError } from '../payments';
import { isPassing, type SchemeError } from '../switch';

/** Why nobody at another provider can be paid now. No money has moved when any of these is returned. */
export type ClearingError =
  | PaymentError
  /** Nobody answered in time, or what answered is not working. */
  | 'scheme_away'
  /** The scheme's own rules: so much may not be sent, or this payment may not be made at all (R242). */
  | 'scheme_limit'
  | 'scheme_forbids'
  /** The payee's provider takes no such payment, whenever it is asked. */
  | 'scheme_refuses';

/** What a scheme says of a payment, as the payer is told: by its digits (FSPIOP API Definition, section 7.6). */
export function errorOf(error: Pick<SchemeError, 'code'>): ClearingError {
  const { code } = error;
  const known = told[code];
  if (known) return known;
  if (isPassing(error) || code.startsWith('40')) return 'scheme_away'; // 40xx: our provider can't pay now
  if (code.startsWith('33')) return 'quote_expired';
  return code.startsWith('4') ? 'scheme_forbids' : 'scheme_refuses';
}

const told: Readonly<Record<string, ClearingError>> = {
  '2000': 'scheme_away',
  '3201': 'payee_unknown',
  '3204': 'payee_unknown',
  '5107': 'payee_unknown',
  '3205': 'quote_expired',
  '3208': 'scheme_away', // it never arrived
  '3206': 'invoice_gone',
  '3301': 'invoice_gone',
  '4200': 'scheme_limit',
  '5200': 'payee_refused',
};

/** What keeps a payee from getting money, in the words of the scheme. */
export function schemeErrorOf(error: PaymentError): SchemeError {
  if (error === 'payee_unknown') return refused('3204', 'Party not found');
  if (error.startsWith('limit_')) return refused('5200', 'Payee limit error');
  if (error === 'payee_refused') return refused('5400', 'Payee rejected: the account takes no more');
  if (error === 'quote_expired') return refused('3302', 'Quote expired');
  if (error === 'invoice_gone') return refused('3206', 'Transaction request ID not found: it is no longer open');
  return refused('5105', 'Payee FSP rejected the transaction');
}

export function refused(code: string, description: string): SchemeError {
  return { code, description, moneyMoved: 'no' };
}
