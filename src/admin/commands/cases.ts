import { z } from 'zod';
import { err, formatDateTime, formatMoney, minorFromDecimal, ok, type Market } from '../../platform';
import type { Payment } from '../../payments';
import type { CaseFile, CaseKind } from '../../redress';
import { words } from '../args';
import { defineCommand, type Answer, type Done, type WithMoney } from '../command';
import type { StaffDeps } from '../deps';
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
  run: async ({ deps: { redress, clearing, market } }, args) => {
    const found = await redress.file(args.number);
    if (!found.ok) return found;
    const { notes, payment } = found.value;
    const asked = await clearing.askedBack(payment.paymentId);
    const told = [
      ...notes.map(({ at, staffId, words: said }) => `${formatDateTime(at, market)} ${staffId}: ${said}`),
      ...(asked ? [askedText(asked, payment, market)] : []),
    ];
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

export const caseAsk = defineCommand({
  name: 'case-ask',
  summary: 'ask the provider that got it for money that was sent there by mistake; what it answers stands in the case',
  usage: '<number>',
  order: ['number'],
  roles: workers,
  args: z.strictObject({ number }),
  effect: 'money',
  run: async ({ deps: { redress, clearing } }, args) => {
    const file = await redress.file(args.number);
    if (!file.ok) return file;
    const { case: one, payment, leftMinor } = file.value;
    if (!['open', 'investigating', 'appealed'].includes(one.state)) return err('case_gone');
    if (one.kind !== 'wrong_send') return err('not_reversible');
    const asked = await clearing.askBack({ paymentId: payment.paymentId, amountMinor: leftMinor });
    if (!asked.ok) {
      return asked.error === 'not_reversible' ? err(asked.error) : err('money_refused', { problem: asked.error });
    }
    const amount = formatMoney(asked.value.amountMinor, payment.currency);
    return ok(aboutOne(one.caseId, `${asked.value.dfspId} is asked for ${amount}`));
  },
});

export const caseOpen = defineCommand({
  name: 'case-open',
  summary:
    'open a case for a customer who called, or for the provider a payment came from; wrong_send holds what is left here',
  usage: '<reference> <kind> [--side payer|payee]',
  order: ['reference', 'kind'],
  roles: workers,
  args: z.strictObject({
    reference,
    kind: z.enum(kinds, `must be one of ${kinds.join(', ')}`),
    side: z.enum(sides, 'must be payer or payee').optional(),
  }),
  effect: 'money',
  run: async (at, { kind, side = 'payer', ...args }) => {
    const payment = await at.deps.payments.findByReference(args.reference.toUpperCase());
    if (!payment) return err('payment_unknown');
    const customerId = side === 'payer' ? payment.payerId : payment.payeeId;
    if (customerId !== null) return openFor(at, { customerId, payment, kind });
    return payment.outside && side === 'payer' && kind === 'wrong_send'
      ? openForProvider(at, payment)
      : err('payment_unknown');
  },
});

async function openFor(
  { deps: { redress, market }, by, actId }: WithMoney,
  { customerId, payment: { paymentId }, kind }: { customerId: string; payment: Payment; kind: CaseKind },
): Promise<Done> {
  const what = { staffId: by.staffId, traceId: actId, customerId, paymentId };
  if (kind !== 'wrong_send') {
    const opened = await redress.openFor({ ...what, kind });
    return opened.ok ? ok(aboutOne(opened.value.caseId, `case ${opened.value.number} is open`)) : opened;
  }
  const held = await redress.returnFor({ ...what, reason: 'other' });
  if (!held.ok) return held;
  const amount = formatMoney(held.value.heldMinor, market.currency);
  return ok({ says: `case ${held.value.number} is open; ${amount} is on hold` });
}

/** The provider that it came from says that its customer sent it by mistake. */
async function openForProvider({ deps: { redress }, by, actor, actId }: WithMoney, payment: Payment): Promise<Done> {
  const theirs = { channel: 'staff', by: actor, staffId: by.staffId, traceId: actId } as const;
  const opened = await redress.openFromElsewhere({ payment, ...theirs });
  return opened.ok ? ok(aboutOne(opened.value.caseId, `case ${opened.value.number} is open`)) : opened;
}

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
  run: async ({ deps: { redress, clearing, market }, actor, actId }, { amount, outcome, ...args }) => {
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
    await clearing.refuseAskedBack(file.value.payment.paymentId);
    return ok(aboutOne(decided.value.caseId, `case ${args.number} is decided: ${decided.value.outcome ?? ''}`));
  },
});

type Asked = NonNullable<Awaited<ReturnType<StaffDeps['clearing']['askedBack']>>>;

/** `15/01 12:00 KES 500.00 is asked of two: received`. */
function askedText(asked: Asked, { currency }: CaseFile['payment'], market: Market): string {
  const { way, dfspId, amountMinor, answer, error, askedAt } = asked;
  const why = error ? `, ${error.code} ${error.description}` : '';
  const whom = way === 'out' ? `is asked of ${dfspId}` : `is asked of us by ${dfspId}`;
  return `${formatDateTime(askedAt, market)} ${formatMoney(amountMinor, currency)} ${whom}: ${answer ?? 'no answer yet'}${why}`;
}

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
    provider: payment.outside?.dfspId ?? '',
    amount: formatMoney(payment.amountMinor, payment.currency),
    held: hold ? `${formatMoney(hold.amountMinor, hold.currency)} (${hold.state})` : '',
    due: formatDateTime(one.dueAt, market),
    answer: one.answer ?? '',
    outcome: one.outcome ?? '',
    'taken by': one.takenBy ?? '',
  };
}
