import type { Json } from '../platform';
import { isHouse } from './chart';
import { countedBit, kindCodes, legCodes } from './codes';
import type { AccountId, Leg, Transfer } from './port';

/** A transfer that is on its way, with the legs that it states to the database: its own, or its reservation's. */
export interface Work {
  readonly transfer: Transfer;
  readonly legs: readonly Leg[];
}

/** The arguments of `ledger_post`, in its order, as the driver sends them. */
export type Packed = readonly (string | number | boolean | null)[];

/**
 * Packs a batch into flat arrays: accounts once each and ascending, legs by the accounts' places. Text, because that
 * is what the driver sends without a copy.
 */
export function pack(
  works: readonly Work[],
  { lane, nowMs, known }: { lane: number; nowMs: number; known: boolean },
): Packed {
  const places = new Map<AccountId, number>();
  for (const { legs } of works) {
    for (const { debitAccountId, creditAccountId } of legs) {
      places.set(striped(debitAccountId, lane), 0);
      places.set(striped(creditAccountId, lane), 0);
    }
  }
  const accounts = [...places.keys()].sort(byNumber);
  for (const [index, accountId] of accounts.entries()) places.set(accountId, index + 1);

  const [debits, credits, amounts, codes]: [number[], number[], bigint[], number[]] = [[], [], [], []];
  for (const { legs } of works) {
    for (const leg of legs) {
      debits.push(places.get(striped(leg.debitAccountId, lane)) ?? 0);
      credits.push(places.get(striped(leg.creditAccountId, lane)) ?? 0);
      amounts.push(leg.amountMinor);
      codes.push(legCodes[leg.code] + (leg.counted === true ? countedBit : 0));
    }
  }
  const transfers = works.map(({ transfer }) => transfer);
  return [
    lane,
    `${nowMs}000`,
    array(transfers.map(({ transferId }) => transferId)),
    array(transfers.map(({ kind }) => kindCodes[kind])),
    array(works.map(({ legs }) => legs.length)),
    arrayOrNull(transfers.map((transfer) => ('pendingId' in transfer ? transfer.pendingId : undefined))),
    arrayOrNull(
      transfers.map((transfer) => ('expiresAt' in transfer ? `${transfer.expiresAt.getTime()}000` : undefined)),
    ),
    array(accounts),
    array(debits),
    array(credits),
    array(amounts),
    array(codes),
    attachmentsOf(transfers),
    known,
  ];
}

/** The account as this lane books it. */
function striped(accountId: AccountId, lane: number): AccountId {
  return isHouse(accountId) ? String(Number(accountId) + lane) : accountId;
}

function byNumber(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : 1);
}

function array(values: readonly (string | number | bigint)[]): string {
  return `{${values.join(',')}}`;
}

function arrayOrNull(values: readonly (string | undefined)[]): string | null {
  return values.some((value) => value !== undefined) ? `{${values.map((value) => value ?? 'NULL').join(',')}}` : null;
}

/** By writer, each row with the place of its transfer. */
function attachmentsOf(transfers: readonly Transfer[]): string | null {
  const rows: Record<string, Record<string, Json>[]> = {};
  let any = false;
  for (const [index, { attachments = [] }] of transfers.entries()) {
    for (const { writer, row } of attachments) {
      (rows[writer] ??= []).push({ ...row, $: index + 1 });
      any = true;
    }
  }
  return any ? JSON.stringify(rows) : null;
}
