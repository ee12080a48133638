import { violatedConstraint } from '../platform';
import type { SchemeError } from '../switch';

export function refused(code: string, description: string): SchemeError {
  return { code, description, moneyMoved: 'no' };
}

/** True for the error of a code that was told while its account is frozen. */
export function isAccountFrozen(error: unknown): boolean {
  return violatedConstraint(error) === 'payment_payer_frozen';
}

/** True for the error of money that was to leave by an offer that is gone. */
export function isOfferGone(error: unknown): boolean {
  return ['outgoing_offer', 'outgoing_transfer_quote_id_key'].includes(violatedConstraint(error) ?? '');
}
