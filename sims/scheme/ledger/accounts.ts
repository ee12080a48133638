import { z } from 'zod';
import { hashPassword, passwordFits, sameText } from '../auth';
import { invalidUriParameter, notFound, SchemeError } from '../errors';
import { parseBody } from '../http';
import { parseAmount } from './amounts';
import { type Book, dfspAccount } from './book';
import { amount } from './proposal';
import type { Account } from './state';

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

const newAccount = z.object({
  name: z.string('must be a string').regex(NAME, 'must be letters, digits, dots, dashes or underscores, 64 at most'),
  password: z.string('must be a string').min(3, 'is too short').max(128, 'is too long').optional(),
});

/**
 * Creates an account (4.2.2.1). Without a password its name is its password, as in the directory.
 * @throws SchemeError RecordExistsError (422), InvalidBodyError (400).
 */
export function createAccount(book: Book, body: unknown): Account {
  const { name, password } = parseBody(newAccount, body);
  if (dfspAccount(book, name) !== undefined) {
    throw new SchemeError(422, 'RecordExistsError', 'The account already exists (determined by name)');
  }
  book.commit({
    type: 'account',
    name,
    at: book.now().toISOString(),
    funds: book.openingFunds.toString(),
    ...(password === undefined ? {} : { password: hashPassword(password) }),
  });
  return findAccount(book, name);
}

/** @throws SchemeError InvalidUriParameterError for what can't be a name, NotFoundError. */
export function findAccount(book: Book, name: string): Account {
  if (!NAME.test(name)) throw invalidUriParameter('name must be a valid account name', 'name', name);
  const account = dfspAccount(book, name);
  if (account === undefined) throw notFound();
  return account;
}

const change = z
  .object({ is_disabled: z.boolean('must be true or false').optional(), funds: amount.optional() })
  .refine((given) => given.is_disabled !== undefined || given.funds !== undefined, 'must have is_disabled or funds');

/** The operator disables or enables an account, or says what its DFSP brought in for settlement. */
export function changeAccount(book: Book, name: string, body: unknown): Account {
  const given = parseBody(
    change.refine(({ funds }) => funds === undefined || parseAmount(funds, book.scale) !== undefined, {
      path: ['funds'],
      message: `must have ${book.scale} decimals at most`,
    }),
    body,
  );
  findAccount(book, name);
  const funds = given.funds === undefined ? undefined : parseAmount(given.funds, book.scale);
  book.commit({
    type: 'account-changed',
    name,
    ...(given.is_disabled === undefined ? {} : { isDisabled: given.is_disabled }),
    ...(funds === undefined ? {} : { funds: funds.toString() }),
  });
  return findAccount(book, name);
}

/** Whether an account has this password. A right one is hashed once, not at every request. */
export function passwordCheck(book: Book): (name: string, password: string) => boolean {
  const known = new Map<string, string>();
  return (name, password) => {
    const account = dfspAccount(book, name);
    if (account === undefined) return false;
    if (account.password === undefined) return sameText(password, name);
    const seen = known.get(name);
    if (seen !== undefined && sameText(seen, password)) return true;
    const fits = passwordFits(password, account.password);
    if (fits) known.set(name, password);
    return fits;
  };
}
