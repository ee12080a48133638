import { maskedName, type Customer, type Identity } from '../identity';
import type { Notifications } from '../notifications';
import { assert, formatDateTime, formatMoney, maskedForm, type Attachment, type Db, type Market } from '../platform';
import type { SmsKey, Values } from '../ussd';
import type { Payment } from './payment';

export interface ReceiptDeps {
  readonly db: Db;
  readonly identity: Identity;
  readonly notifications: Notifications;
  readonly market: Market;
}

export interface Parties {
  readonly payer: Customer;
  readonly payee: Customer;
}

export async function partiesOf({ db, identity }: ReceiptDeps, payment: Payment): Promise<Parties> {
  const [payer, payee] = await Promise.all([identity.byId(db, payment.payerId), identity.byId(db, payment.payeeId)]);
  assert(payer && payee, 'the parties of a payment exist');
  return { payer, payee };
}

/** What both sides are told of a completed payment, as rows that commit with the transfer that moves its money. */
export function receiptsOf(
  deps: ReceiptDeps,
  payment: Payment,
  transferId: string,
  { payer, payee }: Parties,
): Attachment[] {
  const texts = receiptTexts[payment.product];
  assert(texts, `somebody is told of a ${payment.product}`);
  const receipt = (to: Customer, other: Customer, text: SmsKey, accountId: string): Attachment =>
    deps.notifications.attachment(
      to,
      text,
      { ...paymentValues(deps.market, payment, other), date: formatDateTime(payment.updatedAt, deps.market) },
      { transferId, accountId, currency: payment.currency },
    );
  return [
    receipt(payer, payee, texts.payer, payment.payerAccountId),
    receipt(payee, payer, texts.payee, payment.payeeAccountId),
  ];
}

const receiptTexts: Readonly<Partial<Record<Payment['product'], { payer: SmsKey; payee: SmsKey }>>> = {
  send: { payer: 'sms.sent', payee: 'sms.received' },
  cash_in: { payer: 'sms.cashInAgent', payee: 'sms.cashInCustomer' },
  cash_out: { payer: 'sms.cashOutCustomer', payee: 'sms.cashOutAgent' },
};

/** What every SMS about a payment may name: the other side (masked: the message stays on a phone), the amounts, the reference. */
export function paymentValues(market: Market, payment: Payment, other: Customer): Values {
  const { currency, reference } = payment;
  return {
    reference,
    name: { name: maskedName(other) },
    msisdn: maskedForm(other.msisdn, market.country),
    amount: formatMoney(payment.amountMinor, currency),
    fee: formatMoney(payment.feeMinor, currency),
    commission: formatMoney(payment.commissionMinor, currency),
  };
}
