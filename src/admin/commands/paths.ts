import { z } from 'zod';
import { pathOfPerson, pathOfTransfer, textOfPath } from '../../audit';
import { err, ok } from '../../platform';
import { who, words } from '../args';
import { defineCommand } from '../command';
import { aboutPerson, findPerson } from '../people';
import { paymentByName } from '../store';

/** R265, B16: from the books and the forensic log, each row with the link that proves it. */
export const payment = defineCommand({
  name: 'payment',
  summary: 'the whole path of a payment by its reference or id: what was asked, held, moved, refused and by whom',
  usage: '<payment>',
  order: ['payment'],
  roles: ['call_centre', 'fraud', 'finance', 'risk', 'auditor'],
  args: z.strictObject({ payment: words(40) }),
  effect: 'read',
  run: async ({ tx }, args) => {
    const found = await paymentByName(tx, args.payment);
    if (!found) return err('payment_unknown');
    const path = await pathOfTransfer(tx, found.paymentId);
    const says = `${found.reference} ${found.product}: ${found.state}`;
    return ok({ says, text: textOfPath(path), about: { kind: 'payment', id: found.paymentId } });
  },
});

const time = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-12-31T18:00:00+03:00' });

/** R272: what the regulator asks for. */
export const path = defineCommand({
  name: 'path',
  summary: 'everything that a person did, and that was done to them and their accounts, in a period',
  usage: '<who> <from> <to>',
  order: ['who', 'from', 'to'],
  roles: ['fraud', 'auditor'],
  args: z.strictObject({ who, from: time, to: time }),
  effect: 'read',
  isReasonRequired: true,
  run: async (at, args) => {
    const found = await findPerson(at, args.who);
    if (!found.ok) return found;
    const { customerId } = found.value;
    const accounts = await at.deps.accounts.of(at.tx, customerId);
    const told = await pathOfPerson(at.tx, {
      ...{ customerId, accountIds: accounts.map(({ accountId }) => accountId) },
      ...{ from: new Date(args.from), to: new Date(args.to) },
    });
    return ok({ says: `${told.events.length} events`, text: textOfPath(told), about: aboutPerson(found.value) });
  },
});
