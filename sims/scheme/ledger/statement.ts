import type { Request } from 'express';
import { z } from 'zod';
import { invalidQueryParameter } from '../errors';
import { queryOf } from '../http';
import { formatAmount } from './amounts';
import { type Book, current } from './book';
import type { Account, Transfer } from './state';

const LIMIT_MAX = 100;

const moment = z.iso.datetime({ offset: true });

/**
 * The transfers that an account pays or gets, oldest first: those that were proposed or decided from `from` until before
 * `to`, all where neither is said; with `open` those alone that are not decided; after the transfer `after`, `limit` at most.
 * @throws SchemeError (InvalidQueryParameterError, 404) naming what can't be read.
 */
export function statementOf(book: Book, account: Account, req: Request): object {
  const window = { from: momentOf(req, 'from') ?? -Infinity, to: momentOf(req, 'to') ?? Infinity };
  const limit = limitOf(req);
  const ids = flagOf(req, 'open') ? [...book.state.open].map(({ id }) => id) : [...book.state.transfers.keys()];
  const found: Transfer[] = [];
  for (const id of ids.slice(beginOf(req, ids))) {
    const transfer = current(book, id);
    if (transfer !== undefined && isOf(transfer, account) && isWithin(transfer, window)) found.push(transfer);
    if (found.length > limit) break;
  }
  return { transfers: found.slice(0, limit).map((one) => lineOf(book, one)), more: found.length > limit };
}

function beginOf(req: Request, ids: string[]): number {
  const after = queryOf(req, 'after');
  if (after === undefined) return 0;
  const at = ids.indexOf(after);
  if (at < 0) throw invalidQueryParameter('after must be a transfer', 'after', after);
  return at + 1;
}

const isOf = ({ debits, credits }: Transfer, { name }: Account): boolean =>
  [...debits, ...credits].some((entry) => entry.account === name);

const decidedAt = ({ timeline }: Transfer): string | undefined => timeline.executed_at ?? timeline.rejected_at;

function isWithin(transfer: Transfer, { from, to }: { from: number; to: number }): boolean {
  return [transfer.timeline.proposed_at, decidedAt(transfer)].some(
    (at) => at !== undefined && Date.parse(at) >= from && Date.parse(at) < to,
  );
}

/** One line: who pays whom, what became of it, and what was taken for it. */
function lineOf(book: Book, transfer: Transfer): object {
  const { id, debits, credits, state, timeline, fees } = transfer;
  const decided = decidedAt(transfer);
  return {
    id,
    debits: debits.map(({ account, units }) => ({ account, amount: formatAmount(units, book.scale) })),
    credits: credits.map(({ account, units }) => ({ account, amount: formatAmount(units, book.scale) })),
    state,
    proposed_at: timeline.proposed_at,
    ...(decided === undefined ? {} : { decided_at: decided }),
    ...(timeline.settled_at === undefined ? {} : { settled_at: timeline.settled_at }),
    fees: fees.map(({ charge, payer, payee, units }) => ({
      charge,
      payer,
      payee,
      amount: formatAmount(BigInt(units), book.scale),
    })),
  };
}

function momentOf(req: Request, name: string): number | undefined {
  const text = queryOf(req, name);
  if (text === undefined) return undefined;
  if (!moment.safeParse(text).success) throw invalidQueryParameter(`${name} must be an ISO 8601 date`, name, text);
  return Date.parse(text);
}

function limitOf(req: Request): number {
  const text = queryOf(req, 'limit') ?? String(LIMIT_MAX);
  if (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= LIMIT_MAX) return Number(text);
  throw invalidQueryParameter(`limit must be 1 to ${LIMIT_MAX}`, 'limit', text);
}

function flagOf(req: Request, name: string): boolean {
  const text = queryOf(req, name) ?? 'false';
  if (text !== 'true' && text !== 'false') throw invalidQueryParameter(`${name} must be true or false`, name, text);
  return text === 'true';
}
