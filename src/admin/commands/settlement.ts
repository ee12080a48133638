import { z } from 'zod';
import { err, formatDateTime, formatMoney, ok, parseAmount, type Market, type Result } from '../../platform';
import type { Position } from '../../settlement';
import { amount, time } from '../args';
import { defineCommand } from '../command';
import type { StaffDeps } from '../deps';
import type { StaffError } from '../errors';
import type { StaffRole } from '../member';

const readers: readonly StaffRole[] = ['finance', 'risk', 'auditor'];

/** R206 to R208. */
export const positions = defineCommand({
  name: 'positions',
  summary:
    'what other providers and this one sent each other in a window, net by provider, fees apart; below zero: owed to them',
  usage: '<from> <to>',
  order: ['from', 'to'],
  roles: readers,
  args: z.strictObject({ from: time, to: time }),
  effect: 'read',
  run: async ({ deps: { settlement, market } }, args) => {
    const found = await settlement.positions({ from: new Date(args.from), to: new Date(args.to) });
    const netMinor = found.reduce((sum, one) => sum + one.netMinor, 0n);
    const says = `${found.length} providers, net ${formatMoney(netMinor, market.currency)}`;
    return ok({ says, rows: found.map((one) => rowOf(one, market)) });
  },
});

function rowOf(one: Position, { currency }: Market): Record<string, string> {
  const told = `${one.schemeFeeCount} of ${one.outCount + one.inCount} told`;
  return {
    provider: one.dfspId,
    sent: `${one.outCount}`,
    out: formatMoney(one.outMinor, currency),
    received: `${one.inCount}`,
    in: formatMoney(one.inMinor, currency),
    net: formatMoney(one.netMinor, currency),
    "payers' fees": formatMoney(one.payerFeeMinor, currency),
    "payees' fees": formatMoney(one.payeeFeeMinor, currency),
    "scheme's fees": one.schemeFeeCount === 0n ? '' : `${formatMoney(one.schemeFeeMinor, currency)} (${told})`,
  };
}

const settleArgs = z.strictObject({
  until: time,
  way: z.enum(['paid', 'received'], 'must be paid or received'),
  amount,
  fees: amount.optional(),
  differs: z.enum(['yes'], 'must be yes').optional(),
});

/** As much as the ledger moves at once. */
const amountMaxMinor = 10n ** 15n;

/** R211. */
export const settle = defineCommand({
  name: 'settle',
  summary: 'book what moved at the bank for what is not settled until then, once; --fees: what of it the scheme took',
  usage: '<until> <way: paid|received> <amount> [--fees <fees>] [--differs yes]',
  order: ['until', 'way', 'amount'],
  roles: ['finance'],
  checkers: ['finance'],
  args: settleArgs,
  check: async ({ deps }, args) => {
    const order = orderOf(deps, args);
    return order.ok ? deps.settlement.due(order.value) : order;
  },
  effect: 'money',
  run: async ({ deps, actor, actId, effectId }, args) => {
    const order = orderOf(deps, args);
    if (!order.ok) return order;
    const settled = await deps.settlement.settle({ ...order.value, by: actor, actId, transferId: effectId });
    if (!settled.ok) return settled;
    const { number, transfers } = settled.value;
    const says = `settlement ${number}: ${transfers} transfers, ${args.way} ${args.amount} ${deps.market.currency}`;
    return ok({ says, about: { kind: 'settlement', id: number.toString() } });
  },
});

function orderOf(
  { market }: Pick<StaffDeps, 'market'>,
  { until, way, amount: moved, fees = '0', differs }: z.output<typeof settleArgs>,
): Result<{ to: Date; paidMinor: bigint; feeMinor: bigint; differs: boolean }, StaffError> {
  const read = (typed: string) =>
    /^0+(\.0+)?$/.test(typed) ? ok(0n) : parseAmount(typed, market.currency, amountMaxMinor);
  const [paid, fee] = [read(moved), read(fees)];
  const why = 'must be an amount such as 2500.00';
  if (!paid.ok) return err('argument_invalid', { field: 'amount', why });
  if (!fee.ok) return err('argument_invalid', { field: 'fees', why });
  const paidMinor = way === 'paid' ? paid.value : -paid.value;
  return ok({ to: new Date(until), paidMinor, feeMinor: fee.value, differs: differs === 'yes' });
}

const number = z.string('must be a number').regex(/^[1-9]\d{0,17}$/, 'must be a number');

export const settlements = defineCommand({
  name: 'settlements',
  summary: 'what was settled between the providers, the last first; of one: by provider',
  usage: '[<number>]',
  order: ['number'],
  roles: readers,
  args: z.strictObject({ number: number.optional() }),
  effect: 'read',
  run: async ({ deps: { settlement, market } }, args) => {
    const money = (minor: bigint) => formatMoney(minor, market.currency);
    if (args.number !== undefined) {
      const parts = await settlement.settled(BigInt(args.number));
      if (parts.length === 0) return err('settlement_unknown');
      const rows = parts.map(({ dfspId, outCount, outMinor, inCount, inMinor }) => ({
        ...{ provider: dfspId, sent: outCount.toString(), out: money(outMinor) },
        ...{ received: inCount.toString(), in: money(inMinor), net: money(inMinor - outMinor) },
      }));
      return ok({ says: `settlement ${args.number}: ${rows.length} providers`, rows });
    }
    const found = await settlement.settlements();
    const rows = found.map((one) => ({
      settlement: one.number.toString(),
      from: one.fromAt ? formatDateTime(one.fromAt, market) : '',
      until: formatDateTime(one.toAt, market),
      transfers: one.transfers.toString(),
      out: money(one.outMinor),
      in: money(one.inMinor),
      "scheme's fees": money(one.feeMinor),
      'paid at the bank': money(one.paidMinor),
      differs: leftOf(one) === 0n ? '' : money(leftOf(one)),
    }));
    return ok({ says: `${rows.length} settlements`, rows });
  },
});

/** What is still owed after it. */
function leftOf({ outMinor, inMinor, feeMinor, paidMinor }: Settled): bigint {
  return outMinor - inMinor + feeMinor - paidMinor;
}
type Settled = Awaited<ReturnType<StaffDeps['settlement']['settlements']>>[number];

const fileMax = 1_000_000;

/** R135, R212. */
export const reconcile = defineCommand({
  name: 'reconcile',
  summary: "compare our transfers of a window with the scheme's statement, or with its file; moves nothing",
  usage: '<from> <to> [--file @<file>]',
  order: ['from', 'to'],
  roles: ['finance'],
  args: z.strictObject({
    from: time,
    to: time,
    file: z.string('must be a CSV').max(fileMax, `must have at most ${fileMax} letters`).optional(),
  }),
  takesFile: true,
  isReasonRequired: false,
  effect: 'money', // none moves; but another house is asked, which no transaction of ours should wait for
  run: async ({ deps, actor, actId }, { from, to, file }) => {
    const window = { from: new Date(from), to: new Date(to) };
    const compared = await deps.settlement.reconcile({ ...window, file, by: actor, cause: { actId } });
    if (!compared.ok) return compared;
    const { number: id, ours, theirs, findings } = compared.value;
    const says = `reconciliation ${id}: ours ${ours}, theirs ${theirs}, ${findings} differences`;
    return ok({ says, about: { kind: 'reconciliation', id: id.toString() } });
  },
});

export const reconciliations = defineCommand({
  name: 'reconciliations',
  summary: 'what came of comparing with the scheme, the last first; of one: each difference by its name',
  usage: '[<number>]',
  order: ['number'],
  roles: readers,
  args: z.strictObject({ number: number.optional() }),
  effect: 'read',
  run: async ({ deps: { settlement, market } }, args) => {
    if (args.number !== undefined) {
      const found = await settlement.findings(BigInt(args.number));
      if (!found) return err('reconciliation_unknown');
      const rows = found.map(({ kind, way, dfspId, reference, transferId, ours, theirs }) => ({
        ...{ difference: kind, way: way ?? '', provider: dfspId ?? '', payment: reference ?? '' },
        ...{ transfer: transferId ?? '', ours, theirs },
      }));
      return ok({ says: `reconciliation ${args.number}: ${rows.length} differences`, rows });
    }
    const found = await settlement.reconciliations();
    const rows = found.map((one) => ({
      reconciliation: one.number.toString(),
      from: formatDateTime(one.fromAt, market),
      to: formatDateTime(one.toAt, market),
      with: one.source,
      ours: one.ours.toString(),
      theirs: one.theirs.toString(),
      differences: one.findings.toString(),
      made: formatDateTime(one.madeAt, market),
    }));
    return ok({ says: `${rows.length} reconciliations`, rows });
  },
});
