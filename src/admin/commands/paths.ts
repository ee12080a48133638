import { z } from 'zod';
import { pathOfPerson, pathOfTransfer, textOfPath } from '../../audit';
import { err, ok } from '../../platform';
import { time, who, words } from '../args';
import { defineCommand } from '../command';
import { findPayment } from '../find-payment';
import { aboutPerson, findPerson } from '../people';

/** R265, B16, M18: from the books and the forensic log, each row with the link that proves it; then the scheme's side. */
export const payment = defineCommand({
  name: 'payment',
  summary:
    "the whole path of a payment by its reference or id, the scheme's too: what was asked, held, moved, refused and by whom",
  usage: '<payment>',
  order: ['payment'],
  roles: ['call_centre', 'fraud', 'finance', 'risk', 'auditor'],
  args: z.strictObject({ payment: words(40) }),
  effect: 'read',
  run: async (at, args) => {
    const found = await findPayment(at, args.payment);
    if (!found) return err('payment_unknown');
    const { clearing } = at.deps;
    const corrected = await clearing.correctionOf({ paymentId: found.paymentId });
    const own = await pathOfTransfer(at.tx, found.paymentId);
    const more = corrected ? await pathOfTransfer(at.tx, corrected.correctionId) : nothing;
    const path = {
      transfers: [...own.transfers, ...more.transfers],
      events: [...own.events, ...more.events],
    };
    const steps = await clearing.steps(found.paymentId);
    const scheme = steps.map(({ at: when, what }) => `${when.toISOString()}  scheme  ${what}`);
    const also = corrected ? `, corrected to ${corrected.state} by act ${corrected.act}` : '';
    const says = `${found.reference} ${found.product}: ${found.state}${also}`;
    return ok({
      says,
      text: [textOfPath(path), ...scheme].join('\n'),
      about: { kind: 'payment', id: found.paymentId },
    });
  },
});

const nothing = { transfers: [], events: [] };

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
