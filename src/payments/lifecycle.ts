import type { Leg, LedgerError } from '../ledger';
import { isCounted } from '../rules';
import { payeeRefusals, payerRefusals, type PaymentError } from './errors';
import type { Quote } from './payment';

/**
 * The life of a payment.
 *
 * A `quote` says what it would cost, who gets what, and until when that holds; it moves nothing. Its id becomes the
 * payment's and the ledger transfer's: whatever is submitted twice finds the first.
 *
 * `completed`: the ledger moved the money, and the row, the receipts and the log's event committed with it, as its
 *              attachments. What is not held is born so.
 * `failed`:    the ledger refused; the refusal sticks to the id. Nothing moved. Born so, too, in a transaction of its own.
 * `pending`:   a cash-out that the agent asked for, or what the customer has a code for. The customer's money is held in
 *              the ledger and counts as spent.
 *              Or money on its way to another provider, or from one: the scheme decides, however late, or two of the staff
 *              where it does not; it never expires. Money that waits for a code that is told elsewhere is the one until the
 *              code is told right, and the other from then on.
 *              It leaves this state once, by whoever comes first; the database decides who that is, with the money:
 *   → `completed` the customer approved with the PIN, the agent showed the code, or the scheme committed: the held transfer is posted;
 *   → `rejected`  the customer refused, or the scheme did: it is voided;
 *   → `expired`   nobody decided in time: the sweeper voids it.
 * Nothing leaves `completed`, `failed`, `rejected` or `expired`. The database refuses it as well.
 *
 * Nobody holds a lock around a posting: two who submit one quote ask the ledger for one id, and get one outcome.
 */

/** What moves: the amount, the fees of both sides, the agent's commission. The payee's fee comes out of what came in. */
export function legsOf(quote: Quote, house: { feeIncome: string; commissionExpense: string }): Leg[] {
  const { payerAccountId, payeeAccountId, commissionAccountId } = quote;
  // What is only held for a payee can't be taken from them: a fee of money that comes in is kept before it arrives.
  const keptMinor = quote.askedAs === 'scheme' ? quote.payeeFeeMinor : 0n;
  const amountMinor = quote.amountMinor - keptMinor;
  const counted = isCounted(quote.product); // R158, R159
  const legs: Leg[] = [
    { debitAccountId: payerAccountId, creditAccountId: payeeAccountId, amountMinor, code: 'principal', counted },
  ];
  const fee = (debitAccountId: string, feeMinor: bigint): void => {
    if (feeMinor === 0n) return;
    legs.push({ debitAccountId, creditAccountId: house.feeIncome, amountMinor: feeMinor, code: 'fee' });
  };
  fee(payerAccountId, quote.feeMinor);
  fee(keptMinor > 0n ? payerAccountId : payeeAccountId, quote.payeeFeeMinor);
  if (quote.feeBackMinor > 0n) {
    const parties = { debitAccountId: house.feeIncome, creditAccountId: payeeAccountId };
    legs.push({ ...parties, amountMinor: quote.feeBackMinor, code: 'fee' });
  }
  if (quote.commissionMinor > 0n && commissionAccountId !== null) {
    const parties = { debitAccountId: house.commissionExpense, creditAccountId: commissionAccountId };
    legs.push({ ...parties, amountMinor: quote.commissionMinor, code: 'commission' });
  }
  return legs;
}

/** What a refusal of the ledger means to those who pay; throws on one that only a bug can cause. */
export function refusalOf(
  refusal: { readonly error: LedgerError; readonly detail?: Readonly<Record<string, string | number>> },
  quote: Quote,
): PaymentError {
  const table = refusal.detail?.['accountId'] === quote.payeeAccountId ? payeeRefusals : payerRefusals;
  const error = table[refusal.error];
  if (error === undefined) throw new Error(`the ledger refused ${quote.quoteId}: ${refusal.error}`);
  return error;
}
