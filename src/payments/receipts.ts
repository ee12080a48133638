import { maskedName, type Customer, type Identity } from '../identity';
import type { Notifications } from '../notifications';
import {
  formatDateTime,
  formatMoney,
  maskedForm,
  type Attachment,
  type Db,
  type Market,
  type Msisdn,
} from '../platform';
import type { SmsKey, Values } from '../ussd';
import type { Told } from './deps';
import { isOfBulk, type Payment, type Terms } from './payment';
import { products } from './products';

export interface ReceiptDeps {
  readonly db: Db;
  readonly identity: Identity;
  readonly notifications: Notifications;
  readonly market: Market;
}

/** Whose accounts they are; undefined: the provider's own. */
export interface Parties {
  readonly payer: Customer | undefined;
  readonly payee: Customer | undefined;
  /** What the payee is told instead of the product's own words. */
  readonly payeeTold?: Told | undefined;
}

export async function partiesOf({ db, identity }: ReceiptDeps, payment: Terms): Promise<Parties> {
  const find = async (id: string | null) => (id === null ? undefined : identity.byId(db, id));
  const [payer, payee] = await Promise.all([find(payment.payerId), find(payment.payeeId)]);
  return { payer, payee };
}

/** What both sides are told of a completed payment, as rows that commit with the transfer that moves its money. */
export function receiptsOf(
  deps: ReceiptDeps,
  payment: Payment,
  transferId: string,
  { payer, payee, payeeTold }: Parties,
): Attachment[] {
  const { texts } = products[payment.product];
  const payeeText = payment.feeBackMinor > 0n ? ('sms.refundWithFee' as const) : texts.payee;
  const receipt = ({ text, values, ...sides }: Sides, accountId: string): Attachment[] =>
    text === undefined || sides.to === undefined
      ? []
      : deps.notifications.attachments(
          sides.to,
          text,
          {
            ...paymentValues(deps.market, payment, sides.other),
            ...values,
            date: formatDateTime(payment.updatedAt, deps.market),
          },
          { transferId, accountId, currency: payment.currency },
        );
  return [
    ...receipt({ to: isOfBulk(payment) ? undefined : payer, other: payee, text: texts.payer }, payment.payerAccountId),
    ...receipt({ to: payee, other: payer, text: payeeText, ...payeeTold }, payment.payeeAccountId),
  ];
}

interface Sides {
  readonly to: Customer | undefined;
  readonly other: Customer | undefined;
  readonly text: SmsKey | undefined;
  readonly values?: Values;
}

/** What every SMS about a payment may name: the other side where there is one (masked: the message stays on a phone), the amounts, the reference. */
export function paymentValues(
  market: Market,
  payment: Terms & Pick<Payment, 'reference'>,
  customer: Customer | undefined,
): Values {
  const { currency, reference, outside } = payment;
  const other = outside ? { ...outside, msisdn: outside.number as Msisdn, userNumber: outside.number } : customer;
  return {
    reference,
    ...(other && {
      name: { name: maskedName(other) },
      msisdn: maskedForm(other.msisdn, market.country),
      userNumber: other.userNumber,
    }),
    amount: formatMoney(payment.amountMinor, currency),
    fee: formatMoney(payment.feeMinor, currency),
    payeeFee: formatMoney(payment.payeeFeeMinor, currency),
    feeBack: formatMoney(payment.feeBackMinor, currency),
    commission: formatMoney(payment.commissionMinor, currency),
  };
}
