import type { Customer } from '../identity';
import type { Payment } from '../payments';
import type { SmsKey, Values } from '../ussd';
import type { RedressDeps } from './deps';
import { wrongSendOf } from './store';
import { caseValues } from './telling';
import { openedText, returnFor } from './wrong-send';

export interface StopRequest {
  /** Who paid, and uses the phone that the message came from. */
  readonly customer: Customer;
  readonly payment: Payment;
  /** Names the message. */
  readonly key: string;
}
export interface StopReply {
  readonly text: SmsKey;
  readonly values?: Values;
}

export async function stopBySms(
  deps: RedressDeps,
  { customer: { customerId }, payment, key }: StopRequest,
): Promise<StopReply> {
  const asked = await returnFor(deps, { payment, customerId, reason: 'other', channel: 'sms', traceId: key });
  const { reference } = payment;
  if (!asked.ok) return { text: 'sms.stopCare', values: { reference } };
  const one = await wrongSendOf(deps.db, payment.paymentId);
  if (!one) return { text: 'sms.stopCare', values: { reference } };
  const hold = one.holdPaymentId === null ? undefined : await deps.payments.find(one.holdPaymentId);
  const values = await caseValues(deps, one, { payment, held: hold, other: payment.payeeId });
  return { text: openedText(payment, asked.value.heldMinor > 0n ? hold : undefined), values };
}
