import { z } from 'zod';
import { resetTtlMs } from '../../identity';
import { ok } from '../../platform';
import { who } from '../args';
import { defineCommand } from '../command';
import { aboutPerson, findPerson } from '../people';

/** Sends a customer who forgot the PIN a code to set another one with, on their own phone. Nobody here sees code or PIN. */
export const pinReset = defineCommand({
  name: 'pin-reset',
  summary: 'send a customer who forgot the PIN a code to set another one; say how you made sure who it is',
  usage: '<who>',
  order: ['who'],
  roles: ['call_centre'],
  args: z.strictObject({ who }),
  effect: 'rows',
  run: async (at, args) => {
    const found = await findPerson(at, args.who);
    if (!found.ok) return found;
    const customer = found.value;
    const { customerId } = customer;
    const { identity, notifications, market } = at.deps;
    const started = await identity.startPinReset(at.tx, { customerId, by: at.by.staffId });
    if (!started.ok) return started;
    const { code, msisdn } = started.value;
    const minutes = resetTtlMs / 60_000;
    const { serviceCode } = market;
    await notifications.tell(at.tx, customer, 'sms.pinResetCode', { code, minutes, serviceCode });
    const about = aboutPerson(customer);
    const events = [{ action: 'pin.reset_started', actor: at.actor, subject: about, new: { msisdn } } as const];
    return ok({
      says: `${msisdn} was sent a code, good for ${minutes} minutes: they dial ${serviceCode}`,
      about,
      events,
    });
  },
});
