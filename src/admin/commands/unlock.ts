import { z } from 'zod';
import { err, ok } from '../../platform';
import { who } from '../args';
import { defineCommand } from '../command';
import { aboutPerson, findPerson } from '../people';

/** Gives a customer the three PIN attempts back, and tells them. The PIN stays what it was: nobody here knows it. */
export const unlock = defineCommand({
  name: 'unlock',
  summary: 'give a customer the three PIN attempts back',
  usage: '<who>',
  order: ['who'],
  roles: ['call_centre', 'fraud'],
  args: z.strictObject({ who }),
  effect: 'rows',
  run: async (at, args) => {
    const found = await findPerson(at, args.who);
    if (!found.ok) return found;
    const customer = found.value;
    if (customer.status !== 'active') return err('person_closed');
    const about = aboutPerson(customer);
    const whom = customer.msisdn ?? `user ${customer.userNumber}`;
    const { identity, notifications } = at.deps;
    if (!(await identity.unlock(at.tx, customer.customerId)))
      return ok({ says: `${whom} has all attempts left: nothing to unlock`, about });
    await notifications.tell(at.tx, customer, 'sms.pinUnlocked');
    const events = [{ action: 'pin.unlocked', actor: at.actor, subject: about } as const];
    return ok({ says: `${whom} is unlocked`, about, events });
  },
});
