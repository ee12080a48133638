import { unprocessable } from '../errors';
import {
  type Account,
  apply,
  isOpen,
  LEDGER_ACCOUNT,
  type LedgerEvent,
  type LedgerState,
  type Rejected,
  type Transfer,
} from './state';

export type NotifiedEvent = 'transfer.create' | 'transfer.update';

/** What every verb of the ledger works with. */
export interface Book {
  state: LedgerState;
  scale: number;
  precision: number;
  openingFunds: bigint;
  now(this: void): Date;
  /** Changes the state and writes the event down. */
  commit(this: void, event: LedgerEvent): void;
  /** Tells the accounts of a transfer of its new state, once it is safe on disk. */
  changed(this: void, transfer: Transfer, event: NotifiedEvent): void;
  /** The ledger's own URI, and all that are taken for it in what clients send. */
  uris(this: void): string[];
}

interface BookOptions extends Omit<Book, 'commit'> {
  append(this: void, event: LedgerEvent): void;
}

export function newBook({ append, ...rest }: BookOptions): Book {
  return {
    ...rest,
    commit: (event) => {
      apply(rest.state, event);
      append(event);
    },
  };
}

export const accountUri = (book: Book, name: string): string => `${book.uris()[0] ?? ''}/accounts/${name}`;

/** The name in an account's URI; undefined for a URI of another ledger. */
export function accountIn(book: Book, uri: string): string | undefined {
  return pathIn(book, uri, '/accounts/');
}

export function pathIn(book: Book, uri: string, path: string): string | undefined {
  const base = book.uris().find((one) => uri.startsWith(`${one}${path}`));
  return base === undefined ? undefined : uri.slice(base.length + path.length);
}

/** An account of a DFSP; the ledger's own is none. */
export function dfspAccount(book: Book, name: string): Account | undefined {
  return name === LEDGER_ACCOUNT ? undefined : book.state.accounts.get(name);
}

export const dfspAccounts = (book: Book): Account[] =>
  [...book.state.accounts.values()].filter(({ name }) => name !== LEDGER_ACCOUNT);

/** Finds a transfer as it is at this moment: one whose time is over is rejected here if the sweep hasn't been by. */
export function current(book: Book, id: string): Transfer | undefined {
  const transfer = book.state.transfers.get(id);
  if (transfer !== undefined) expire(book, transfer);
  return transfer;
}

function expire(book: Book, transfer: Transfer): boolean {
  const over = isOpen(transfer) && book.now().getTime() > transfer.expiresAt;
  if (over) roll(book, transfer, { reason: 'expired' });
  return over;
}

/** Rejects every transfer whose time is over. Returns their ids. */
export function expireAll(book: Book): string[] {
  return [...book.state.open].filter((transfer) => expire(book, transfer)).map(({ id }) => id);
}

/** Gives back what an open transfer holds and tells both sides. */
export function roll(book: Book, transfer: Transfer, why: Pick<Rejected, 'reason' | 'message' | 'fulfillment'>): void {
  book.commit({ type: 'rejected', id: transfer.id, at: book.now().toISOString(), ...why });
  book.changed(transfer, 'transfer.update');
}

/** Disables an account and cancels all that is under way for it, or enables it again (29.8, 29.9). */
export function pause(book: Book, name: string, paused: boolean): void {
  const account = dfspAccount(book, name);
  if (account === undefined || account.isDisabled === paused) return;
  book.commit({ type: 'account-changed', name, isDisabled: paused });
  if (!paused) return;
  for (const transfer of [...book.state.open]) {
    const parties = [...transfer.debits, ...transfer.credits];
    if (parties.some((party) => party.account === name)) {
      roll(book, transfer, { reason: 'cancelled', message: `${name} is paused` });
    }
  }
}

export const checkFunds = (account: Account, units: bigint): void => {
  if (account.funds + account.net - account.held < units) {
    throw unprocessable('Sender has insufficient funds.', 'debits', account.name, 'InsufficientFundsError');
  }
};
