import { z } from 'zod';
import type { Bulk, Row, RowState, Sum } from '../../bulk';
import { err, formatDateTime, formatMoney, ok, type Market } from '../../platform';
import { accountId, amount, time, words } from '../args';
import { defineCommand, type Answer, type InTx } from '../command';
import type { StaffRole } from '../member';

const readers: readonly StaffRole[] = ['finance', 'risk', 'fraud', 'auditor'];
const bulkStates = ['draft', 'paying', 'done', 'cancelled'] as const;
const rowStates = ['new', 'payable', 'mismatch', 'invalid', 'dropped', 'pending', 'refused', 'paid', 'failed'] as const;

const number = z.string('must be the number of a bulk').regex(/^[1-9]\d{0,17}$/, 'must be the number of a bulk');
const line = z.string().regex(/^[1-9]\d{0,4}$/, 'must be a line of the file');

/** A file's letters; the door takes 2 MB. */
const fileMax = 1_000_000;

/** R257, R262. */
export const bulkLoad = defineCommand({
  name: 'bulk-load',
  summary:
    "take in a business' file of payments from one account; whom each row would pay is looked up, nobody is paid",
  usage: '<account> @<file> [--until <time>]',
  order: ['account', 'file'],
  roles: ['finance'],
  args: z.strictObject({
    account: accountId,
    file: z.string('must be a CSV').max(fileMax, `must have at most ${fileMax} letters`),
    until: time.optional(),
  }),
  takesFile: true,
  effect: 'rows',
  run: async ({ deps, tx, by }, { account, file, until }) => {
    const retryUntil = until === undefined ? undefined : new Date(until);
    if (retryUntil && retryUntil <= deps.clock.now())
      return err('argument_invalid', { field: 'until', why: 'is over' });
    const loaded = await deps.bulks.load(tx, { file, accountId: account, retryUntil, by: by.staffId });
    if (!loaded.ok) return loaded;
    const { number: made, rows, totalMinor } = loaded.value;
    const says = `bulk ${made}: ${rows} rows, ${formatMoney(totalMinor, deps.market.currency)}`;
    return ok({ says, about: aboutBulk(made) });
  },
});

export const bulks = defineCommand({
  name: 'bulks',
  summary: 'bulk payments, the last first',
  usage: '[<state>]',
  order: ['state'],
  roles: readers,
  args: z.strictObject({ state: z.enum(bulkStates, `must be one of ${bulkStates.join(', ')}`).optional() }),
  effect: 'read',
  run: async ({ deps: { bulks: room, market }, tx }, { state }) => {
    const found = await room.list(tx, state);
    return ok({ says: `${found.length} bulks`, rows: found.map((one) => headOf(one, market)) });
  },
});

function headOf(one: Bulk, market: Market): Record<string, string> {
  return {
    bulk: one.number.toString(),
    account: one.accountId,
    state: one.state,
    'made by': one.madeBy,
    at: formatDateTime(one.createdAt, market),
    'tried until': formatDateTime(one.retryUntil, market),
    'approved by': one.paidBy ?? '',
    ended: one.finishedAt ? formatDateTime(one.finishedAt, market) : '',
  };
}

/** R257. */
export const bulk = defineCommand({
  name: 'bulk',
  summary: 'the rows of a bulk: who is behind each number, what is wrong with it, and what became of it',
  usage: '<bulk> [<state>]',
  order: ['bulk', 'state'],
  roles: readers,
  args: z.strictObject({
    bulk: number,
    state: z.enum(rowStates, `must be one of ${rowStates.join(', ')}`).optional(),
  }),
  effect: 'read',
  run: async ({ deps: { bulks: room, market }, tx }, args) => {
    const found = await room.find(tx, BigInt(args.bulk));
    if (!found) return err('bulk_unknown');
    const rows = await room.rows(tx, found.bulkId, args.state);
    const references = await room.references(tx, found.bulkId);
    const twins = twinsOf(rows);
    return ok({
      says: `bulk ${found.number} is ${found.state}; ${totalsOf(await room.sums(tx, found.bulkId), market)}`,
      rows: rows.map((row) => rowOf(row, { market, references, twins })),
      about: aboutBulk(found.number),
    });
  },
});

/** R257: what looks like a row that was written twice. */
function twinsOf(rows: readonly Row[]): ReadonlyMap<number, number> {
  const seen = new Map<string, number>();
  const twins = new Map<number, number>();
  for (const { line: at, payee, amountMinor, state } of rows) {
    if (state === 'dropped') continue;
    const key = `${payee} ${amountMinor}`;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, at);
    else twins.set(at, before);
  }
  return twins;
}

interface Shown {
  readonly market: Market;
  readonly references: ReadonlyMap<string, string>;
  readonly twins: ReadonlyMap<number, number>;
}

function rowOf(row: Row, { market, references, twins }: Shown): Record<string, string> {
  const twin = twins.get(row.line);
  const problems = [row.state === 'paid' ? null : row.problem, twin === undefined ? null : `as line ${twin}`];
  return {
    line: row.line.toString(),
    payee: row.payee,
    amount: formatMoney(row.amountMinor, market.currency),
    note: row.note,
    expected: row.expectedName ?? '',
    found: row.foundName ?? '',
    provider: row.foundName === null ? '' : (row.dfspId ?? 'here'),
    state: row.state,
    problem: problems.filter((one) => one !== null).join(', '),
    payment: row.paymentId === null ? '' : (references.get(row.paymentId) ?? ''),
  };
}

/** R257, R261: its maker only, and not once a second person was asked. */
export const bulkChange = defineCommand({
  name: 'bulk-change',
  summary:
    'change a row of a bulk of your own before anybody is asked to pay it, or leave it out; it is looked at anew',
  usage: '<bulk> <line> [--payee <number>] [--amount <amount>] [--name <name>] [--note <note>] [--drop yes]',
  order: ['bulk', 'line'],
  roles: ['finance'],
  args: z.strictObject({
    bulk: number,
    line,
    payee: words(40).optional(),
    amount: amount.optional(),
    name: words(80).optional(),
    note: words(128).optional(),
    drop: z.literal('yes', 'must be yes').optional(),
  }),
  effect: 'rows',
  run: async ({ deps, tx, by }, { bulk: typed, line: at, drop, ...change }) => {
    const row = { number: BigInt(typed), line: Number(at), isDropped: drop === 'yes', by: by.staffId };
    const changed = await deps.bulks.changeRow(tx, { ...row, ...change });
    if (!changed.ok) return changed;
    const says = `line ${at} of bulk ${typed} is ${drop === 'yes' ? 'left out' : 'looked at anew'}`;
    return ok({ says, about: aboutBulk(changed.value.number) });
  },
});

/** R260, R261: the maker asks, somebody else executes. */
export const bulkPay = defineCommand({
  name: 'bulk-pay',
  summary: 'pay what of a bulk is payable: look at it first, then approve. From now on nothing of it changes',
  usage: '<bulk>',
  order: ['bulk'],
  roles: ['finance'],
  checkers: ['finance', 'risk'],
  args: z.strictObject({ bulk: number }),
  check: ({ deps, tx }, args) => deps.bulks.mayPay(tx, BigInt(args.bulk)),
  effect: 'rows', // the money moves afterwards, row by row
  run: async ({ deps, tx, by, actId }, args) => {
    const begun = await deps.bulks.begin(tx, { number: BigInt(args.bulk), by: by.staffId, actId });
    if (!begun.ok) return begun;
    const sums = await deps.bulks.sums(tx, begun.value.bulkId);
    const { count, amountMinor } = sumOf(sums, ['payable']);
    const says = `bulk ${args.bulk}: ${count} rows are being paid, ${formatMoney(amountMinor, deps.market.currency)}`;
    return ok({ says, about: aboutBulk(begun.value.number) });
  },
});

export const bulkStop = defineCommand({
  name: 'bulk-stop',
  summary: 'give up a bulk that is still a draft, or what of one is not on its way yet',
  usage: '<bulk>',
  order: ['bulk'],
  roles: ['finance', 'risk'],
  args: z.strictObject({ bulk: number }),
  effect: 'rows',
  run: async ({ deps, tx }, args) => {
    const stopped = await deps.bulks.stop(tx, BigInt(args.bulk));
    if (!stopped.ok) return stopped;
    return ok({ says: `bulk ${args.bulk}: ${stopped.value} rows are given up`, about: aboutBulk(BigInt(args.bulk)) });
  },
});

/** R264, R265. */
export const bulkReport = defineCommand({
  name: 'bulk-report',
  summary: 'how many rows of a bulk came to what and why, how much money that is, and the fees',
  usage: '<bulk>',
  order: ['bulk'],
  roles: readers,
  args: z.strictObject({ bulk: number }),
  effect: 'read',
  run: async ({ deps: { bulks: room, market }, tx }, args) => reportOf({ room, market, tx }, BigInt(args.bulk)),
});

async function reportOf(
  { room, market, tx }: { room: InTx['deps']['bulks']; market: Market; tx: InTx['tx'] },
  asked: bigint,
) {
  const found = await room.find(tx, asked);
  if (!found) return err('bulk_unknown');
  const sums = await room.sums(tx, found.bulkId);
  const money = (minor: bigint) => formatMoney(minor, market.currency);
  const answer: Answer = {
    says: `bulk ${found.number} is ${found.state}; ${totalsOf(sums, market)}`,
    rows: sums.map(({ state, problem, count, amountMinor, feeMinor }) => ({
      ...{ state, why: problem ?? '', rows: count.toString(), amount: money(amountMinor), fees: money(feeMinor) },
    })),
    about: aboutBulk(found.number),
  };
  return ok(answer);
}

/** `2 paid, KES 300.00; 0 on their way, KES 0.00; …`. */
function totalsOf(sums: readonly Sum[], { currency }: Market): string {
  const parts: readonly (readonly [string, readonly RowState[]])[] = [
    ['paid', ['paid']],
    ['on their way', ['pending']],
    ['still to be paid', ['new', 'payable', 'refused']],
    ['failed', ['failed']],
    ['not to be paid', ['mismatch', 'invalid', 'dropped']],
  ];
  return parts
    .map(([name, states]) => {
      const { count, amountMinor } = sumOf(sums, states);
      return `${count} ${name}, ${formatMoney(amountMinor, currency)}`;
    })
    .join('; ');
}

function sumOf(sums: readonly Sum[], states: readonly RowState[]): { count: number; amountMinor: bigint } {
  const meant = sums.filter(({ state }) => states.includes(state));
  return {
    count: meant.reduce((sum, { count }) => sum + count, 0),
    amountMinor: meant.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
  };
}

function aboutBulk(made: bigint): { kind: string; id: string } {
  return { kind: 'bulk', id: made.toString() };
}
