import { z } from 'zod';
import { err, formatDateTime, formatMoney, minorFromDecimal, ok, type Market } from '../../platform';
import type { CaseFile } from '../../redress';
import { words } from '../args';
import { defineCommand, type Answer } from '../command';
import type { StaffRole } from '../member';

/** Who looks into complaints, and who may look at them. */
const workers: readonly StaffRole[] = ['call_centre', 'fraud', 'finance'];
const readers: readonly StaffRole[] = [...workers, 'risk', 'auditor'];

const number = z.string('must be the number of a case').regex(/^\d{5,18}$/, 'must be the number of a case');
const reference = z
  .string('must be the reference of a payment')
  .regex(/^[0-9A-Za-z]{8}$/, 'must be the reference of a payment');

export const cases = defineCommand({
  name: 'cases',
  summary: 'what waits for a decision: money sent by mistake and complaints, the most overdue first',
  usage: '',
  order: [],
  roles: readers,
  args: z.strictObject({}),
  effect: 'read',
  run: async ({ deps: { redress, market } }) => {
    const files = await redress.list();
    return ok({ says: `${files.length} cases wait`, rows: files.map((file) => rowOf(file, market)) });
  },
});

export const oneCase = defineCommand({
  name: 'case',
  summary: 'all of one case, with what was found out',
  usage: '<number>',
  order: ['number'],
  roles: readers,
  args: z.strictObject({ number }),
  effect: 'read',
  run: async ({ deps: { redress, market } }, args) => {
    const found = await redress.file(args.number);
    if (!found.ok) return found;
    const { notes } = found.value;
    const told = notes.map(({ at, staffId, words: said }) => `${formatDateTime(at, market)} ${staffId}: ${said}`);
    return ok({
      ...aboutCase(found.value, `case ${args.number}`),
      rows: [rowOf(found.value, market)],
      ...(told.length > 0 && { text: told.join('\n') }),
    });
  },
});

export const caseTake = defineCommand({
  name: 'case-take',
  summary: 'look into a case from now on; whoever opened it is told',
  usage: '<number>',
  order: ['number'],
  roles: workers,
  args: z.strictObject({ number }),
  isReasonRequired: false,
  effect: 'money',
  run: async ({ deps: { redress }, by, actId }, args) => {
    const taken = await redress.take({ number: args.number, staffId: by.staffId, traceId: actId });
    return taken.ok ? ok(aboutOne(taken.value.caseId, `case ${args.number} is yours`)) : taken;
  },
});

export const caseNote = defineCommand({
  name: 'case-note',
  summary: 'write down what was found out: no papers, no PINs, no numbers of either',
  usage: '<number> "<words>"',
  order: ['number', 'words'],
  roles: workers,
  args: z.strictObject({ number, words: words(280) }),
  isReasonRequired: false,
  effect: 'money',
  run: async ({ deps: { redress }, by, actId }, args) => {
    const noted = await redress.note({ ...args, staffId: by.staffId, traceId: actId });
    return noted.ok ? ok(aboutOne(noted.value.caseId, `noted in case ${args.number}`)) : noted;
  },
});

const kinds = ['wrong_send', 'not_mine', 'wrong_amount', 'not_received', 'other'] as const;
const sides = ['payer', 'payee'] as const;

export const caseOpen = defineCommand({
  name: 'case-open',
  summary: 'open a case for a customer who called; wrong_send holds what is left of the money',
  usage: '<reference> <kind> [--side payer|payee]',
  order: ['reference', 'kind'],
  roles: workers,
  args: z.strictObject({
    reference,
    kind: z.enum(kinds, `must be one of ${kinds.join(', ')}`),
    side: z.enum(sides, 'must be payer or payee').optional(),
  }),
  effect: 'money',
  run: async ({ deps: { redress, payments, market }, by, actId }, { kind, side = 'payer', ...args }) => {
    const payment = await payments.findByReference(args.reference.toUpperCase());
    const customerId = side === 'payer' ? payment?.payerId : payment?.payeeId;
    if (!payment || customerId === null || customerId === undefined) return err('payment_unknown');
    const what = { staffId: by.staffId, traceId: actId, customerId, paymentId: payment.paymentId };
    if (kind !== 'wrong_send') {
      const opened = await redress.openFor({ ...what, kind });
      return opened.ok ? ok(aboutOne(opened.value.caseId, `case ${opened.value.number} is open`)) : opened;
    }
    const held = await redress.returnFor({ ...what, reason: 'other' });
    if (!held.ok) return held;
    const amount = formatMoney(held.value.heldMinor, market.currency);
    return ok({ says: `case ${held.value.number} is open; ${amount} is on hold` });
  },
});

export const caseAppeal = defineCommand({
  name: 'case-appeal',
  summary: 'have a decided case looked at again, for a customer who called',
  usage: '<number>',
  order: ['number'],
  roles: workers,
  args: z.strictObject({ number }),
  effect: 'money',
  run: async ({ deps: { redress }, by, actId }, args) => {
    const appealed = await redress.appealFor({ number: args.number, staffId: by.staffId, traceId: actId });
    return appealed.ok ? ok(aboutOne(appealed.value.caseId, `case ${args.number} is looked at again`)) : appealed;
  },
});

const outcomes = ['refunded', 'corrected', 'rejected'] as const;

export const caseDecide = defineCommand({
  name: 'case-decide',
  summary: 'decide a case: give the money back (all or a part), or free what is on hold; by two',
  usage: '<number> <outcome: refunded|corrected|rejected> [--amount <amount>]',
  order: ['number', 'outcome'],
  roles: workers,
  checkers: ['fraud', 'finance'],
  args: z.strictObject({
    number,
    outcome: z.enum(outcomes, `must be one of ${outcomes.join(', ')}`),
    amount: z
      .string('must be an amount')
      .regex(/^\d{1,12}(\.\d{1,2})?$/, 'must be an amount such as 250 or 250.50')
      .optional(),
  }),
  effect: 'money',
  run: async ({ deps: { redress, market }, actor, actId }, { amount, outcome, ...args }) => {
    const file = await redress.file(args.number);
    if (!file.ok) return file;
    const decided = await redress.decide({
      caseId: file.value.case.caseId,
      outcome,
      ...(amount !== undefined && { amountMinor: minorFromDecimal(amount, market.currency) }),
      by: actor,
      traceId: actId,
    });
    if (!decided.ok) return decided;
    return ok(aboutOne(decided.value.caseId, `case ${args.number} is decided: ${decided.value.outcome ?? ''}`));
  },
});

function aboutCase({ case: { caseId } }: CaseFile, says: string): Answer {
  return aboutOne(caseId, says);
}

function aboutOne(caseId: string, says: string): Answer {
  return { says, about: { kind: 'case', id: caseId } };
}

function rowOf({ case: one, payment, hold, isOverdue }: CaseFile, market: Market): Record<string, string> {
  return {
    case: one.number,
    state: one.state + (isOverdue ? ' (overdue)' : ''),
    kind: one.kind,
    payment: payment.reference,
    amount: formatMoney(payment.amountMinor, payment.currency),
    held: hold ? `${formatMoney(hold.amountMinor, hold.currency)} (${hold.state})` : '',
    due: formatDateTime(one.dueAt, market),
    answer: one.answer ?? '',
    outcome: one.outcome ?? '',
    'taken by': one.takenBy ?? '',
  };
}
