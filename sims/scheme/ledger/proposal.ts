import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { invalidBody, unprocessable } from '../errors';
import { parseBody } from '../http';
import { parseAmount } from './amounts';
import { accountIn, type Book, dfspAccount, pathIn } from './book';
import { parseCondition } from './conditions';
import type { Entry, Proposal, ShownEntry } from './state';

/** A proposal that makes sense, and its sums. */
export interface Checked {
  proposal: Proposal;
  debits: Entry[];
  credits: Entry[];
}

const uri = z.url({ protocol: /^[a-z][a-z0-9+.-]*$/, error: 'must be a valid uri' });
export const amount = z
  .string('must be a decimal amount as a string')
  .max(64, 'is too long')
  .regex(/^\d+(\.\d+)?$/, 'must be a decimal amount as a string');
const moment = z.iso.datetime({ offset: true, error: 'must be a valid ISO 8601 date' });
const entry = z.object({
  account: uri,
  amount,
  invoice: uri.optional(),
  memo: z.record(z.string(), z.unknown(), 'must be an object').optional(),
  authorized: z.boolean('must be true or false').optional(),
});
const entries = z
  .array(entry, 'must be an array')
  .min(1, 'must have at least one item')
  .max(100, 'must have at most 100 items');
/** Fields that only the ledger sets, such as `state`, are passed over (4.1.1). */
const schema = z.object({
  id: uri,
  ledger: uri,
  debits: entries,
  credits: entries,
  execution_condition: z.string('must be a string').trim().min(1, 'is required').max(1024, 'is too long'),
  cancellation_condition: z.string('must be a string').trim().max(1024, 'is too long').optional(),
  expires_at: moment,
});

/**
 * Reads the body of a prepare (4.2.1.1).
 * @throws SchemeError InvalidBodyError (400), or UnprocessableEntityError or UnsupportedCryptoTypeError (422).
 */
export function readProposal(book: Book, id: string, body: unknown): Checked {
  const proposal: Proposal = parseBody(schema, body);
  if (pathIn(book, proposal.id, '/transfers/')?.toLowerCase() !== id) {
    throw unprocessable('transfer.id: Invalid URI', 'id', proposal.id);
  }
  if (!book.uris().includes(proposal.ledger.replace(/\/$/, ''))) {
    throw unprocessable('transfer.ledger is not valid for this ledger', 'ledger', proposal.ledger);
  }
  const debits = proposal.debits.map((one) => readEntry(book, one, 'debits'));
  const credits = proposal.credits.map((one) => readEntry(book, one, 'credits'));
  if (sum(debits) !== sum(credits)) {
    throw unprocessable('Debits and credits are not equal', 'debits', proposal.debits[0]?.amount);
  }
  parseCondition(proposal.execution_condition, 'execution_condition');
  if (proposal.cancellation_condition !== undefined) {
    parseCondition(proposal.cancellation_condition, 'cancellation_condition');
  }
  return { proposal, debits, credits };
}

const sum = (all: Entry[]): bigint => all.reduce((total, { units }) => total + units, 0n);

function readEntry(book: Book, { account, amount: text }: ShownEntry, field: string): Entry {
  const name = accountIn(book, account);
  if (name === undefined) throw unprocessable(`Invalid account URI: ${account}`, field, account);
  if (dfspAccount(book, name) === undefined) throw unprocessable(`Account ${name} not found`, field, account);
  const units = parseAmount(text, book.scale);
  if (units === undefined) {
    throw unprocessable(`Amount ${text} exceeds allowed scale of ${book.scale}`, field, text);
  }
  if (units >= 10n ** BigInt(book.precision)) {
    throw unprocessable(`Amount ${text} exceeds allowed precision of ${book.precision}`, field, text);
  }
  if (units === 0n) throw unprocessable(`Amount ${text} must be more than zero`, field, text);
  return { account: name, units };
}

/** Whether two proposals ask for the same: the spelling of amounts and dates and who authorized don't count. */
export const isSame = (one: Checked, other: Checked): boolean => isDeepStrictEqual(essence(one), essence(other));

function essence({ proposal, debits, credits }: Checked): object {
  const parts = (shown: ShownEntry[], all: Entry[]): object[] =>
    all.map(({ account, units }, at) => [account, units, shown[at]?.invoice ?? null, plain(shown[at]?.memo)]);
  return {
    debits: parts(proposal.debits, debits),
    credits: parts(proposal.credits, credits),
    conditions: [proposal.execution_condition, proposal.cancellation_condition ?? null],
    expiresAt: Date.parse(proposal.expires_at),
  };
}

const plain = (memo: unknown): unknown => (memo === undefined ? null : JSON.parse(JSON.stringify(memo)));

/** The text of a fulfillment or a rejection. */
export function readText(body: unknown, field: string): string {
  const text = typeof body === 'string' ? body.trim() : '';
  if (text === '') throw invalidBody([{ message: `${field} is required`, params: { key: field } }]);
  return text;
}
