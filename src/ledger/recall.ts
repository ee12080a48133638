import { err, ok, type Sql } from '../platform';
import type { Leg, Outcome, Transfer } from './port';
import { readTransfers, type WrittenTransfer } from './store';

/**
 * What became of ids that were there before, in the order asked: the first outcome, or that the content is another;
 * undefined where an id never came.
 */
export async function recall(sql: Sql, transfers: readonly Transfer[]): Promise<(Outcome | undefined)[]> {
  const written = byId(
    await readTransfers(
      sql,
      transfers.map(({ transferId }) => transferId),
    ),
  );
  const reservations = [...written.values()].flatMap(({ pendingId }) => (pendingId === undefined ? [] : [pendingId]));
  const reserved = byId(reservations.length > 0 ? await readTransfers(sql, reservations) : []);
  return transfers.map((transfer) => {
    const before = written.get(transfer.transferId);
    if (!before) return undefined;
    if (!isSame(before, transfer, reserved)) return err('transfer_exists_different');
    if (before.refusal === undefined) return ok({ repeated: true, seq: before.seq, at: before.at });
    const { refusedAccountId } = before;
    return err(before.refusal, refusedAccountId === undefined ? undefined : { accountId: refusedAccountId });
  });
}

function byId(transfers: readonly WrittenTransfer[]): ReadonlyMap<string, WrittenTransfer> {
  return new Map(transfers.map((transfer) => [transfer.transferId, transfer]));
}

/** The expiry is not part of the content. */
function isSame(before: WrittenTransfer, transfer: Transfer, reserved: ReadonlyMap<string, WrittenTransfer>): boolean {
  if (before.kind !== transfer.kind) return false;
  if ('legs' in transfer) return sameLegs(before.legs, transfer.legs);
  if (before.pendingId !== transfer.pendingId) return false;
  if (transfer.kind === 'void' || before.legs.length === 0) return true; // there was nothing to state amounts of
  const inFull = reserved.get(transfer.pendingId)?.legs.map(({ amountMinor }) => amountMinor) ?? [];
  return sameAmounts(
    before.legs.map(({ amountMinor }) => amountMinor),
    transfer.amountsMinor ?? inFull,
  );
}

/** Whether two transfers of one id ask for the same. */
export function sameContent(one: Transfer, other: Transfer): boolean {
  if ('legs' in one) return 'legs' in other && one.kind === other.kind && sameLegs(one.legs, other.legs);
  if ('legs' in other || one.kind !== other.kind || one.pendingId !== other.pendingId) return false;
  const amountsOf = (transfer: Transfer) => (transfer.kind === 'post' ? transfer.amountsMinor : undefined);
  const [mine, others] = [amountsOf(one), amountsOf(other)];
  return mine === undefined || others === undefined ? mine === others : sameAmounts(mine, others);
}

function sameLegs(one: readonly Leg[], other: readonly Leg[]): boolean {
  const key = (leg: Leg | undefined) =>
    leg && [leg.debitAccountId, leg.creditAccountId, leg.amountMinor, leg.code, leg.counted ?? false].join(' ');
  return one.length === other.length && one.every((leg, index) => key(leg) === key(other[index]));
}

function sameAmounts(one: readonly bigint[], other: readonly bigint[]): boolean {
  return one.length === other.length && one.every((amount, index) => amount === other[index]);
}
