import type { PaymentError } from '../payments';
import type { SchemeError } from '../switch';

/** Why nobody at another provider can be paid now. No money has moved when any of these is returned. */
export type ClearingError =
  | PaymentError
  /** Nobody answered in time, or what answered is not working. */
  | 'scheme_away'
  /** The scheme's own rules: so much may not be sent, or this payment may not be made at all (R242). */
  | 'scheme_limit'
  | 'scheme_forbids';

/** What a scheme says of a payment, as the payer is told: by its digits (FSPIOP API Definition, section 7.6). */
export function errorOf({ code }: Pick<SchemeError, 'code'>): ClearingError {
  if (code === '3204' || code === '5107' || code === '3201') return 'payee_unknown';
  if (code === '3206' || code === '3301') return 'invoice_gone';
  if (code === '4200') return 'scheme_limit';
  if (code.startsWith('4') && !code.startsWith('40')) return 'scheme_forbids'; // 40xx: our provider can't pay now
  if (code.startsWith('5')) return 'payee_refused';
  if (code.startsWith('33')) return 'quote_expired';
  return 'scheme_away';
}

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
