import { fullName, type Customer } from '../identity';
import type { Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import { assert, formatDateTime, formatMoney, nationalForm, type Market, type Tx } from '../platform';
import type { SmsKey, Values } from '../ussd';
import type { Payment } from './payment';

export interface ReceiptDeps {
  readonly ledger: Ledger;
  readonly notifications: Notifications;
  readonly market: Market;
}

export interface Parties {
  readonly payer: Customer;
  readonly payee: Customer;
}

/** Queues what both sides are told of a completed payment, in its own transaction. */
export async function sendReceipts(
  deps: ReceiptDeps,
  tx: Tx,
  payment: Payment,
  { payer, payee }: Parties,
): Promise<void> {
  const texts = receiptTexts[payment.product];
  await receipt(deps, tx, payment, { to: payer, other: payee, accountId: payment.payerAccountId, text: texts.payer });
  await receipt(deps, tx, payment, { to: payee, other: payer, accountId: payment.payeeAccountId, text: texts.payee });
}

const receiptTexts: Readonly<Record<Payment['product'], { payer: SmsKey; payee: SmsKey }>> = {
  send: { payer: 'sms.sent', payee: 'sms.received' },
  cash_in: { payer: 'sms.cashInAgent', payee: 'sms.cashInCustomer' },
  cash_out: { payer: 'sms.cashOutCustomer', payee: 'sms.cashOutAgent' },
};

interface Receipt {
  readonly to: Customer;
  readonly other: Customer;
  readonly accountId: string;
  readonly text: SmsKey;
}

async function receipt(
  deps: ReceiptDeps,
  tx: Tx,
  payment: Payment,
  { to, other, accountId, text }: Receipt,
): Promise<void> {
  const balance = await deps.ledger.balance(tx, accountId);
  assert(balance, 'the account of a payment exists');
  await deps.notifications.tell(tx, to, text, {
    ...paymentValues(deps.market, payment, other),
    balance: formatMoney(balance.availableMinor, payment.currency),
    date: formatDateTime(payment.updatedAt, deps.market),
  });
}

/** What every SMS about a payment may name: the other side, the amounts, the reference. */
export function paymentValues(market: Market, payment: Payment, other: Customer): Values {
  const { currency, reference } = payment;
  return {
    reference,
    name: { name: fullName(other) },
    msisdn: nationalForm(other.msisdn, market.country),
    amount: formatMoney(payment.amountMinor, currency),
    fee: formatMoney(payment.feeMinor, currency),
    commission: formatMoney(payment.commissionMinor, currency),
  };
}
