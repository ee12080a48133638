import type { HeldAccount } from '../accounts';
import type { Customer } from '../identity';
import { chartOf, type Transfer } from '../ledger';
import { assert, formatMoney } from '../platform';
import type { ClosingDeps } from './deps';

/** What is left on one account. */
interface Rest {
  readonly account: HeldAccount;
  readonly amountMinor: bigint;
}

/** What a person can't send any more, over all their accounts. */
export interface Remainder {
  readonly totalMinor: bigint;
  readonly rests: readonly Rest[];
}

/**
 * What somebody has where it is less than the smallest payment takes with its fee: nobody could ever leave with it.
 * Undefined where there is nothing, or where it can be sent.
 */
export async function remainderOf(deps: ClosingDeps, customer: Customer): Promise<Remainder | undefined> {
  const { db, accounts, ledger } = deps;
  const { customerId } = customer;
  const rests: Rest[] = [];
  for (const account of await accounts.of(db, customerId)) {
    const balance = account.ownerId === customerId ? await ledger.balance(db, account.accountId) : undefined;
    if (balance && balance.availableMinor > 0n) rests.push({ account, amountMinor: balance.availableMinor });
  }
  const totalMinor = rests.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  return totalMinor > 0n && totalMinor < leastToSend(deps, customer) ? { totalMinor, rests } : undefined;
}

/** The smallest payment to another person, and its fee. */
function leastToSend({ rules, clock }: ClosingDeps, { role, tier }: Customer): bigint {
  const sending = { product: 'send', channel: 'ussd', at: clock.now() } as const;
  const payer = { role, tier };
  const least = rules
    .limits({ ...sending, direction: 'out', party: payer })
    .reduce((most, { transferMinMinor = 1n }) => (transferMinMinor > most ? transferMinMinor : most), 1n);
  return least + rules.price({ ...sending, payer, payee: { role: 'customer' }, amountMinor: least }).payerFeeMinor;
}

/**
 * Moves it to the provider, an account after the other, each with an SMS that says how much it was. What has been spent
 * meanwhile is not moved: whoever calls looks again whether the accounts are empty.
 */
export async function giveUp(
  deps: ClosingDeps,
  { rests }: Remainder,
  leaver: { readonly customer: Customer; readonly hopKey: string },
): Promise<void> {
  const outcomes = await deps.ledger.post(rests.map((rest) => transferOf(deps, rest, leaver)));
  for (const moved of outcomes)
    assert(moved.ok || moved.error !== 'attachment_refused', 'what is told of it can be written');
}

function transferOf(
  { ids, audit, notifications, market: { currency } }: ClosingDeps,
  { account: { accountId, name }, amountMinor }: Rest,
  { customer, hopKey }: { customer: Customer; hopKey: string },
): Transfer {
  const transferId = ids.uuid();
  const event = {
    action: 'money.given_up',
    actor: { kind: 'customer', id: customer.customerId },
    subject: { kind: 'account', id: accountId },
    ...{ transferId, traceId: hopKey },
    new: { amountMinor: amountMinor.toString(), currency, customerId: customer.customerId },
  } as const;
  const creditAccountId = chartOf(currency).remainders;
  const said = { amount: formatMoney(amountMinor, currency), account: { name } };
  return {
    kind: 'transfer',
    transferId,
    legs: [{ debitAccountId: accountId, creditAccountId, amountMinor, code: 'principal' }],
    attachments: [...notifications.attachments(customer, 'sms.remainderGivenUp', said), audit.attachment(event)],
  };
}
