import { z } from 'zod';
import { sentenceOf } from '../admin';
import type { Customer } from '../identity';
import type { Result } from '../platform';
import { personFields, sandboxMinor } from './sandbox';
import { loadStaff } from './sandbox-staff';
import type { Services } from './services';

/** What somebody of the sandbox can be, on top of who they are: it is made by the services, as anybody would make it. */
export const stateSchema = z.discriminatedUnion(
  'is',
  [
    /** By the staff; `credit` holds back what comes, `debit` what leaves. */
    z.strictObject({
      is: z.literal('frozen'),
      side: z.enum(['debit', 'credit', 'all'], 'must be debit, credit or all'),
    }),
    /** By wrong PINs. */
    z.strictObject({ is: z.literal('locked') }),
    /** Nothing is left of what they may pay today: it was paid to a merchant's user number. */
    z.strictObject({ is: z.literal('spent'), at: personFields.userNumber }),
    /** A merchant, by their user number, asks them to pay; in the currency of the market. */
    z.strictObject({ is: z.literal('asked'), by: personFields.userNumber, amount: personFields.balance }),
    /** A merchant whose account has a till number. */
    z.strictObject({ is: z.literal('till') }),
  ],
  'must be frozen, locked, spent, asked or till',
);
type State = z.output<typeof stateSchema>;

interface Somebody {
  readonly customer: Customer;
  readonly pin: string;
}

/** Makes it where it is not so. Returns why it could not be made; undefined: it is so. */
export function takeState(services: Services, state: State, who: Somebody): Promise<string | undefined> {
  switch (state.is) {
    case 'frozen':
      return freeze(services, state.side, who.customer);
    case 'locked':
      return lock(services, who);
    case 'spent':
      return spend(services, state.at, who);
    case 'asked':
      return ask(services, state, who.customer);
    case 'till':
      return openTill(services, who);
  }
}

const why = (result: Result<unknown, string>): string | undefined => (result.ok ? undefined : result.error);

async function freeze(
  { freezes, staff, db }: Services,
  side: 'debit' | 'credit' | 'all',
  { customerId, userNumber }: Customer,
): Promise<string | undefined> {
  if ((await freezes.standing(db, customerId)).some((one) => one.side === side)) return undefined;
  const member = (await loadStaff()).find(({ role }) => role === 'fraud');
  if (!member) return 'nobody of the staff may freeze';
  const done = await staff.make(
    { ...member, status: 'active' },
    {
      command: 'freeze',
      args: { who: userNumber, side, tell: 'no' },
      reason: 'a number of the sandbox',
      actId: undefined,
    },
  );
  return done.ok ? undefined : sentenceOf(done.error, done.detail);
}

/** More than anybody has. */
const triesMax = 10;

async function lock({ identity, invoices }: Services, { customer, pin }: Somebody): Promise<string | undefined> {
  const wrongPin = `${9 - Number(pin[0])}${pin.slice(1)}`;
  const { customerId } = customer;
  for (let tried = 0; tried < triesMax; tried += 1) {
    const verified = await identity.verifyPin({ customerId, pin: wrongPin, attemptKey: invoices.newId() });
    if (!verified.ok && verified.error === 'pin_locked') return undefined;
  }
  return 'the PIN does not lock';
}

/** As much at once as may be, until the day's amount is used up. */
async function spend(services: Services, merchant: string, { customer, pin }: Somebody): Promise<string | undefined> {
  const { accounts, invoices, payments, rules, clock, db } = services;
  const { customerId, role, tier } = customer;
  const account = await accounts.primaryOf(db, customerId);
  if (!account) return 'they have no account';
  for (;;) {
    const request = { direction: 'out', party: { role, tier }, product: 'purchase', channel: 'ussd' } as const;
    const now = { ...request, at: clock.now() };
    const rooms = await rules.room(db, { ...now, customerId });
    const leftMinor = rooms.find(({ scope, period }) => scope === 'all' && period === 'day')?.amountLeftMinor;
    if (leftMinor === undefined) return 'the day has no limit';
    if (leftMinor === 0n) return undefined;
    const mostMinor = rules.limits(now).find(({ scope }) => scope === 'all')?.transferMaxMinor ?? leftMinor;
    const quote = await invoices.quoteAtShop({
      ...{ customerId, accountId: account.accountId, shop: { userNumber: merchant }, note: '' },
      amountMinor: leftMinor < mostMinor ? leftMinor : mostMinor,
    });
    if (!quote.ok) return quote.error;
    const { quoteId } = quote.value;
    const paid = await payments.submit({ quoteId, customerId, pin, hopKey: invoices.newId() });
    if (!paid.ok) return paid.error;
  }
}

async function ask(
  { accounts, identity, invoices, market, db }: Services,
  { by, amount }: { by: string; amount: string },
  { customerId: buyerId }: Customer,
): Promise<string | undefined> {
  if ((await invoices.waiting(buyerId)).length > 0) return undefined;
  const seller = await identity.byUserNumber(by);
  const account = seller && (await accounts.primaryOf(db, seller.customerId));
  if (!account) return `nobody sells under ${by}`;
  const order = { sellerId: seller.customerId, accountId: account.accountId, note: '', hopKey: invoices.newId() };
  const amountMinor = sandboxMinor(amount, market.currency);
  return why(await invoices.send({ ...order, invoiceId: invoices.newId(), amountMinor, buyerId }));
}

async function openTill(
  { accounts, invoices, db }: Services,
  { customer, pin }: Somebody,
): Promise<string | undefined> {
  const { customerId } = customer;
  const account = await accounts.primaryOf(db, customerId);
  if (!account) return 'they have no account';
  const who = { customerId, accountId: account.accountId };
  const till = await invoices.viewTill(who);
  if (till.ok && till.value) return undefined;
  return why(await invoices.openTill({ ...who, pin, hopKey: invoices.newId() }));
}
