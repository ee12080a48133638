import { z } from 'zod';
import type { Freeze } from '../../freezes';
import { err, formatDateTime, ok } from '../../platform';
import { accountId, who } from '../args';
import { defineCommand, type InTx } from '../command';
import { aboutPerson, findPerson } from '../people';

const sides = ['debit', 'credit', 'all'] as const;
const until = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-12-31T18:00:00+03:00' });

/** R268: at once and by one person, because whoever is about to empty an account does not wait. */
export const freeze = defineCommand({
  name: 'freeze',
  summary: 'hold back what leaves, what comes or all, of a person or of one of their accounts; --tell no warns nobody',
  usage: '<who> <side: debit|credit|all> [--until <time>] [--account <account>] [--tell <yes|no>]',
  order: ['who', 'side'],
  roles: ['fraud', 'risk'],
  args: z.strictObject({
    who,
    side: z.enum(sides, 'must be debit, credit or all'),
    until: until.optional(),
    account: accountId.optional(),
    tell: z.enum(['yes', 'no'], 'must be yes or no').default('yes'),
  }),
  effect: 'rows',
  run: async (at, args) => {
    const found = await findPerson(at, args.who);
    if (!found.ok) return found;
    const { customerId, userNumber } = found.value;
    const { deps, tx, actId, actor } = at;
    if (args.account !== undefined && (await deps.accounts.byId(tx, args.account))?.ownerId !== customerId)
      return err('account_unknown');
    const done = await deps.freezes.freeze(tx, {
      ...{ freezeId: actId, side: args.side, isTold: args.tell === 'yes', by: actor },
      of: args.account === undefined ? { customerId } : { accountId: args.account },
      endsAt: args.until === undefined ? undefined : new Date(args.until),
    });
    if (!done.ok) return done;
    const { number, events } = done.value;
    const what = args.account === undefined ? `user ${userNumber}` : `account ${args.account} of user ${userNumber}`;
    return ok({
      says: `${what} is frozen (${args.side}) as freeze ${number}`,
      about: aboutPerson({ customerId }),
      events,
    });
  },
});

/** R270: giving back is for two. */
export const unfreeze = defineCommand({
  name: 'unfreeze',
  summary: 'lift a freeze by its number; what other freezes hold stays held',
  usage: '<number>',
  order: ['number'],
  roles: ['fraud', 'risk'],
  checkers: ['fraud', 'risk'],
  args: z.strictObject({ number: z.string().regex(/^\d{1,18}$/, 'must be the number of a freeze') }),
  effect: 'rows',
  run: async ({ deps, tx, actId, actor }, { number }) => {
    const done = await deps.freezes.lift(tx, { number: BigInt(number), actId, by: actor });
    if (!done.ok) return done;
    const { ownerId, events } = done.value;
    return ok({ says: `freeze ${number} is lifted`, about: aboutPerson({ customerId: ownerId }), events });
  },
});

export const freezes = defineCommand({
  name: 'freezes',
  summary: 'the freezes that stand, of everybody or of one person',
  usage: '[<who>]',
  order: ['who'],
  roles: ['fraud', 'risk', 'auditor', 'call_centre'],
  args: z.strictObject({ who: who.optional() }),
  effect: 'read',
  run: async (at, args) => {
    const found = args.who === undefined ? undefined : await findPerson(at, args.who);
    if (found && !found.ok) return found;
    const customer = found?.value;
    const standing = await at.deps.freezes.standing(at.tx, customer?.customerId);
    const rows: Record<string, string>[] = [];
    for (const one of standing) rows.push(await rowOf(at, one));
    return ok({ says: `${rows.length} freezes stand`, rows, ...(customer && { about: aboutPerson(customer) }) });
  },
});

async function rowOf({ deps: { identity, market }, tx }: InTx, one: Freeze): Promise<Record<string, string>> {
  const owner = one.customerId === null ? undefined : await identity.byId(tx, one.customerId);
  return {
    freeze: one.number.toString(),
    of: owner ? `user ${owner.userNumber}` : `account ${one.accountId ?? ''}`,
    side: one.side,
    from: formatDateTime(one.startsAt, market),
    until: one.endsAt ? formatDateTime(one.endsAt, market) : 'it is lifted',
    told: one.isTold ? 'yes' : 'no',
  };
}
