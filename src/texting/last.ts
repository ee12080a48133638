import type { Accounts } from '../accounts';
import type { Customer } from '../identity';
import type { Payment, Payments } from '../payments';
import { formatDateTime, type Db, type Market } from '../platform';
import type { SmsKey, Values } from '../ussd';

interface LastDeps {
  readonly db: Db;
  readonly market: Market;
  readonly accounts: Accounts;
  readonly payments: Pick<Payments, 'statementOf' | 'findByReference' | 'lastPayment'>;
}
interface Said {
  readonly text: SmsKey;
  readonly values?: Values;
}

/**
 * What became of a payment: of the one that bears the reference, if somebody on this phone has to do with it, else of the
 * person's last one. No amount and no name: no PIN was asked.
 */
export async function lastSaid(
  deps: LastDeps,
  people: readonly Customer[],
  { person, reference }: { person: Customer | undefined; reference: string | undefined },
): Promise<Said> {
  if (reference !== undefined) {
    const payment = await deps.payments.findByReference(reference);
    const isTheirs = people.some(({ customerId }) => [payment?.payerId, payment?.payeeId].includes(customerId));
    return payment && isTheirs ? stateOf(deps, payment) : { text: 'sms.lastNone' };
  }
  if (!person) return { text: 'sms.lastNone' };
  const unseen = await deps.payments.lastPayment(person.customerId);
  if (unseen?.state === 'checking') return { text: 'sms.lastChecking' };
  if (unseen?.state === 'failed' && unseen.reference !== undefined) {
    return { text: 'sms.lastFailed', values: { reference: unseen.reference } };
  }
  const account = await deps.accounts.currentOf(deps.db, person.customerId);
  const [last] = account ? await deps.payments.statementOf(account.accountId) : [];
  return last ? stateOf(deps, last.payment) : { text: 'sms.noPayments' };
}

function stateOf({ market }: LastDeps, { state, reference, updatedAt }: Payment): Said {
  if (state === 'completed') {
    return { text: 'sms.lastDone', values: { reference, date: formatDateTime(updatedAt, market) } };
  }
  return { text: state === 'pending' ? 'sms.lastWaiting' : 'sms.lastFailed', values: { reference } };
}
