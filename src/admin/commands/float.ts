import { z } from 'zod';
import type { Customer } from '../../identity';
import { err, formatMoney, ok, parseAmount, type Result, type Sql } from '../../platform';
import { amount, who } from '../args';
import { defineCommand, type Done, type InTx, type WithMoney } from '../command';
import type { StaffError } from '../errors';
import { aboutPerson, findPerson } from '../people';

const args = z.strictObject({ who, amount });
type FloatArgs = z.output<typeof args>;

/** B14: what came into the trust account at the bank becomes an agent's float. */
export const floatTopup = defineCommand({
  name: 'float-topup',
  summary: "fill an agent's float with money that came in at the bank",
  usage: '<who> <amount>',
  order: ['who', 'amount'],
  roles: ['finance'],
  checkers: ['finance'],
  args,
  check: orderOf,
  effect: 'money',
  run: (at, asked) => move(at, asked, (accountId) => ({ from: 'bank', to: { accountId } })),
});

export const floatReturn = defineCommand({
  name: 'float-return',
  summary: "take from an agent's float what is paid out to them at the bank",
  usage: '<who> <amount>',
  order: ['who', 'amount'],
  roles: ['finance'],
  checkers: ['finance'],
  args,
  check: orderOf,
  effect: 'money',
  run: (at, asked) => move(at, asked, (accountId) => ({ from: { accountId }, to: 'bank' })),
});

type Side = { readonly accountId: string } | 'bank';
/** As much as the ledger moves at once. */
const amountMaxMinor = 10n ** 15n;

async function move(
  { deps, actor, actId, effectId }: WithMoney,
  asked: FloatArgs,
  sides: (accountId: string) => { from: Side; to: Side },
): Promise<Done> {
  const found = await orderOf({ deps, tx: deps.db }, asked);
  if (!found.ok) return found;
  const { customer, accountId, amountMinor } = found.value;
  const moved = await deps.payments.moveByStaff({
    ...{ paymentId: effectId, product: 'topup', amountMinor, ...sides(accountId) },
    ...{ by: actor, traceId: actId },
  });
  if (!moved.ok) return err('money_refused', { problem: moved.error });
  const amountText = formatMoney(amountMinor, deps.market.currency);
  const says = `${moved.value.reference}: ${amountText} for agent ${customer.userNumber}`;
  return ok({ says, about: aboutPerson(customer) });
}

interface Order {
  readonly customer: Customer;
  readonly accountId: string;
  readonly amountMinor: bigint;
}

/** Whose float and how much. Errors: `argument_invalid`, `not_agent`, those of `findPerson`. */
async function orderOf(at: Pick<InTx, 'deps'> & { tx: Sql }, asked: FloatArgs): Promise<Result<Order, StaffError>> {
  const { accounts, market } = at.deps;
  const amountMinor = parseAmount(asked.amount, market.currency, amountMaxMinor);
  if (!amountMinor.ok) return err('argument_invalid', { field: 'amount', why: 'must be an amount such as 2500.00' });
  const found = await findPerson(at, asked.who);
  if (!found.ok) return found;
  const account = await accounts.primaryOf(at.tx, found.value.customerId);
  if (found.value.role !== 'agent' || !account) return err('not_agent');
  return ok({ customer: found.value, accountId: account.accountId, amountMinor: amountMinor.value });
}
