import type { Accounts } from '../accounts';
import { maskedName, type Customer } from '../identity';
import type { Ledger } from '../ledger';
import { shownMinor, type Payments, type SeenPayment } from '../payments';
import { assert, formatAmount, formatDay, formatMoney, type Db, type Market } from '../platform';
import type { SmsKey, Values } from '../ussd';
import type { Asked } from './codes';

interface ToldDeps {
  readonly db: Db;
  readonly market: Market;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly payments: Pick<Payments, 'statementOf'>;
}
interface Line {
  readonly text: SmsKey;
  readonly values: Values;
}

interface Told {
  readonly title: SmsKey;
  readonly lines: Line[];
}
const noAccounts: Told = { title: 'sms.noAccounts', lines: [] };

/**
 * What a code opens: what is on each account that the person holds, or the last payments of the one they work with. Who
 * holds none (R2) is told so.
 */
export async function told(deps: ToldDeps, { customerId }: Customer, asked: Asked): Promise<Told> {
  if (asked === 'balance') {
    const accounts = await deps.accounts.of(deps.db, customerId);
    if (accounts.length === 0) return noAccounts;
    const lines = accounts.map(async ({ accountId, name }): Promise<Line> => {
      const balance = await deps.ledger.balance(deps.db, accountId);
      assert(balance, 'an account of a customer is in the ledger');
      const amount = formatMoney(balance.availableMinor, balance.currency);
      return { text: 'sms.balanceLine', values: { account: { name }, amount } };
    });
    return { title: 'sms.balances', lines: await Promise.all(lines) };
  }
  const account = await deps.accounts.currentOf(deps.db, customerId);
  if (!account) return noAccounts;
  const payments = await deps.payments.statementOf(account.accountId);
  if (payments.length === 0) return { title: 'sms.noPayments', lines: [] };
  return { title: 'sms.payments', lines: payments.map((seen) => paymentLine(deps, seen)) };
}

const corrected = { sent: 'sms.correctedOut', received: 'sms.correctedIn' } as const;

function paymentLine({ market }: ToldDeps, { payment, direction, other }: SeenPayment): Line {
  const { amountMinor, feeMinor, currency, updatedAt, product } = payment;
  const isCorrection = product === 'correction';
  return {
    text: isCorrection ? corrected[direction] : direction === 'sent' ? 'sms.paymentSent' : 'sms.paymentReceived',
    values: {
      date: formatDay(updatedAt, market),
      amount: formatAmount(isCorrection ? shownMinor({ payment, direction }) : amountMinor, currency),
      fee: formatAmount(feeMinor, currency),
      name: { name: other ? maskedName(other) : '' },
    },
  };
}
