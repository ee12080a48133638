import { z } from 'zod';
import { notFound, SchemeError } from '../errors';
import { parseBody } from '../http';
import { formatAmount, parseAmount } from './amounts';
import type { Book } from './book';
import { duesFor } from './charges';
import { amount } from './proposal';
import type { Charge } from './state';

const party = z.enum(['sender', 'receiver', 'ledger'], 'must be sender, receiver or ledger');
const terms = {
  name: z.string('must be a string').trim().min(1, 'is required').max(256, 'is too long'),
  charge_type: z.literal('fee', 'must be fee'),
  minimum: amount.optional(),
  maximum: amount.optional(),
  code: z.string('must be a string').regex(/^[A-Za-z0-9]{3}$/, 'must be three letters or digits'),
  is_active: z.boolean('must be true or false'),
};
const newCharge = z.object({
  ...terms,
  rate_type: z.enum(['flat', 'percent'], 'must be flat or percent'),
  rate: amount,
  payer: party,
  payee: party,
});
const changedCharge = z.object(terms).partial();

/**
 * Adds a charge: who pays whom how much when a transfer executes; `rate` is an amount, or `0.05` for five percent.
 * @throws SchemeError InvalidBodyError (400), ValidationError, RecordExistsError (422).
 */
export function createCharge(book: Book, body: unknown): Charge {
  const given = parseBody(newCharge, body);
  if (given.payer === given.payee) throw sameParty();
  checkAmounts(book, given);
  checkName(book, given.name);
  const charge: Charge = { id: book.state.charges.size + 1, ...given, created: book.now().toISOString() };
  book.commit({ type: 'charge', charge });
  return charge;
}

/** Changes all of a charge but who pays whom how much. */
export function changeCharge(book: Book, name: string, body: unknown): Charge {
  const given = parseBody(changedCharge, body);
  const charge = byName(book, name);
  if (charge === undefined) throw notFound();
  checkAmounts(book, given);
  if (given.name !== undefined && given.name !== name) checkName(book, given.name);
  const changed: Charge = { ...charge, ...(given as Partial<Charge>) };
  book.commit({ type: 'charge', charge: changed });
  return changed;
}

const byName = (book: Book, name: string): Charge | undefined =>
  [...book.state.charges.values()].find((charge) => charge.name === name);

const sameParty = (): SchemeError =>
  new SchemeError(
    422,
    'ValidationError',
    "Payer and payee should be set to 'sender', 'receiver', or 'ledger' and should not have the same value.",
  );

function checkName(book: Book, name: string): void {
  if (byName(book, name) === undefined) return;
  throw new SchemeError(422, 'RecordExistsError', 'The charge has already been created.');
}

type Amounts = Partial<Record<'rate' | 'minimum' | 'maximum' | 'rate_type', string | undefined>>;

/** Amounts fit the ledger's scale; only a percentage may be finer. */
function checkAmounts(book: Book, { rate_type, ...given }: Amounts): void {
  for (const field of ['rate', 'minimum', 'maximum'] as const) {
    const text = given[field];
    if (text === undefined || (field === 'rate' && rate_type === 'percent')) continue;
    if (parseAmount(text, book.scale) !== undefined) continue;
    const message = `${field} ${text} exceeds allowed scale of ${book.scale}`;
    throw new SchemeError(422, 'ValidationError', message, [{ message, params: { key: field, value: text } }]);
  }
}

const quoted = z.object({ amount });

/** What the sender of an amount would pay in charges. */
export function quoteCharges(
  book: Book,
  currency: { code: string | null; symbol: string | null },
  body: unknown,
): object[] {
  const { amount: text } = parseBody(quoted, body);
  const units = parseAmount(text, book.scale);
  if (units === undefined) {
    const message = `Amount ${text} exceeds allowed scale of ${book.scale}`;
    throw new SchemeError(422, 'ValidationError', message, [{ message, params: { key: 'amount', value: text } }]);
  }
  return duesFor(book.state, units, book.scale)
    .filter(({ charge }) => charge.payer === 'sender')
    .map(({ charge, units: due }) => ({
      name: charge.name,
      charge_type: charge.charge_type,
      code: charge.code,
      amount: formatAmount(due, book.scale),
      currency_code: currency.code,
      currency_symbol: currency.symbol,
    }));
}
