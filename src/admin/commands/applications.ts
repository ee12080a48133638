import { z } from 'zod';
import { err, formatDateTime, ok } from '../../platform';
import { defineCommand } from '../command';
import { aboutPerson } from '../people';

/**
 * Q5, R63: nobody becomes an agent or a merchant unless two of the staff want it. One alone may refuse: it changes no role,
 * no limit and no money, the act keeps who and why, and the applicant may apply again.
 */
const number = z.string().regex(/^[1-9]\d{0,17}$/, 'must be the number of an application');
const args = z.strictObject({ number });

export const applications = defineCommand({
  name: 'applications',
  summary: 'who waits to become an agent or a merchant, the oldest first',
  usage: '',
  order: [],
  roles: ['agent_manager', 'risk', 'auditor'],
  args: z.strictObject({}),
  effect: 'read',
  run: async ({ deps, tx }) => {
    const rows: Record<string, string>[] = [];
    for (const one of await deps.onboarding.openApplications(tx)) {
      const person = await deps.identity.byId(tx, one.customerId);
      rows.push({
        application: one.number.toString(),
        wants: one.wants,
        business: one.businessName,
        'user number': person?.userNumber ?? '',
        since: formatDateTime(one.madeAt, deps.market),
      });
    }
    return ok({ says: `${rows.length} applications wait`, rows });
  },
});

export const applicationApprove = defineCommand({
  name: 'application-approve',
  summary: 'make the applicant an agent or a merchant',
  usage: '<number>',
  order: ['number'],
  roles: ['agent_manager'],
  checkers: ['agent_manager', 'risk'],
  args,
  check: async ({ deps, tx }, asked) => {
    const open = await deps.onboarding.openApplications(tx);
    return open.some((one) => one.number.toString() === asked.number) ? ok(undefined) : err('application_unknown');
  },
  effect: 'rows',
  run: async ({ deps, tx, actId, actor }, asked) => {
    const done = await deps.onboarding.approve(tx, { number: BigInt(asked.number), actId, by: actor });
    if (!done.ok) return done;
    const { customer, application, events } = done.value;
    return ok({
      says: `user ${customer.userNumber} is ${application.wants} now`,
      about: aboutPerson(customer),
      events,
    });
  },
});

export const applicationRefuse = defineCommand({
  name: 'application-refuse',
  summary: 'refuse an application; the applicant is told, without your reason',
  usage: '<number>',
  order: ['number'],
  roles: ['agent_manager'],
  args,
  effect: 'rows',
  run: async ({ deps, tx, actId, actor }, asked) => {
    const done = await deps.onboarding.refuse(tx, { number: BigInt(asked.number), actId, by: actor });
    if (!done.ok) return done;
    const { customer, events } = done.value;
    return ok({ says: `application ${asked.number} is refused`, about: aboutPerson(customer), events });
  },
});
