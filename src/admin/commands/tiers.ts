import { z } from 'zod';
import { formatMoney, ok } from '../../platform';
import { who, words } from '../args';
import { defineCommand } from '../command';
import { aboutPerson, findPerson } from '../people';

/** R173: an auditor says it, a second person agrees, and it holds at once. */
export const tierSet = defineCommand({
  name: 'tier-set',
  summary: 'put a person into a tier by hand, until it is lifted',
  usage: '<who> <tier>',
  order: ['who', 'tier'],
  roles: ['auditor'],
  checkers: ['auditor', 'risk'],
  args: z.strictObject({ who, tier: words(30) }),
  effect: 'rows',
  run: async (at, { tier, who: named }) => {
    const found = await findPerson(at, named);
    if (!found.ok) return found;
    const { customerId, userNumber } = found.value;
    const { deps, tx, by, reason } = at;
    const done = await deps.rules.overrideTier(tx, { customerId, tier, reason, by: by.staffId });
    if (!done.ok) return done;
    const says = `user ${userNumber} is in tier ${tier}, was in ${done.value.before}`;
    return ok({ says, about: aboutPerson(found.value) });
  },
});

export const tierLift = defineCommand({
  name: 'tier-lift',
  summary: 'put a person back into the tier before it was set by hand',
  usage: '<who>',
  order: ['who'],
  roles: ['auditor'],
  checkers: ['auditor', 'risk'],
  args: z.strictObject({ who }),
  effect: 'rows',
  run: async (at, args) => {
    const found = await findPerson(at, args.who);
    if (!found.ok) return found;
    const { customerId, userNumber } = found.value;
    const { deps, tx, by, reason } = at;
    const done = await deps.rules.liftTier(tx, { customerId, reason, by: by.staffId });
    if (!done.ok) return done;
    return ok({ says: `user ${userNumber} is in tier ${done.value.tier} again`, about: aboutPerson(found.value) });
  },
});

/** R172: the auditor's daily report. */
export const exceeding = defineCommand({
  name: 'exceeding',
  summary: 'who has used or holds more than their tier allows, in the periods of now or of a time',
  usage: '[<time>]',
  order: ['time'],
  roles: ['auditor', 'risk'],
  args: z.strictObject({
    time: z.iso.datetime({ offset: true, error: 'must be a time such as 2026-12-31T18:00:00+03:00' }).optional(),
  }),
  effect: 'read',
  run: async ({ deps, tx }, { time }) => {
    const at = time === undefined ? deps.clock.now() : new Date(time);
    const { currency } = deps.market;
    const rows: Record<string, string>[] = [];
    for (const one of await deps.rules.exceeding(tx, at)) {
      const person = await deps.identity.byId(tx, one.customerId);
      rows.push({
        'user number': person?.userNumber ?? '',
        tier: one.tier,
        what: `${one.direction} ${one.scope} ${one.period}`,
        amount: formatMoney(one.amountMinor, currency),
        allowed: one.amountMaxMinor === null ? '' : formatMoney(one.amountMaxMinor, currency),
        count: one.count === null ? '' : `${one.count} of ${one.countMax ?? 'any'}`,
      });
    }
    return ok({ says: `${rows.length} exceed their tier`, rows });
  },
});
