import { forbidden, notFound, unprocessable } from '../errors';
import type { Caller } from '../auth';
import { type Book, checkFunds, current, dfspAccount, roll } from './book';
import { feesOf } from './charges';
import { meets, parseCondition, parseFulfillment } from './conditions';
import { type Checked, isSame, readProposal } from './proposal';
import { isOpen, type Transfer } from './state';

/**
 * Prepares a transfer (4.2.1.1). The same again changes nothing and is answered with the transfer as it is now; the
 * debit's owner who says `authorized` later moves it from proposed to prepared.
 * @throws SchemeError for what is malformed, can't be paid, is too late or differs from the first time.
 */
export function prepare(book: Book, id: string, body: unknown, caller: Caller): { transfer: Transfer; isNew: boolean } {
  const checked = readProposal(book, id, body);
  const owners = [...new Set(checked.debits.map(({ account }) => account))];
  if (caller.kind === 'dfsp' && !owners.includes(caller.name)) throw forbidden('Invalid attempt to authorize debit');
  const existing = current(book, id);
  if (existing !== undefined) return { transfer: prepareAgain(book, existing, checked, caller), isNew: false };
  checkNew(book, checked, owners);
  const entries = (all: Checked['debits']) => all.map(({ account, units }) => ({ account, units: units.toString() }));
  book.commit({
    type: 'transfer',
    id,
    at: book.now().toISOString(),
    proposal: checked.proposal,
    debits: entries(checked.debits),
    credits: entries(checked.credits),
    prepared: isAuthorized(checked, caller),
  });
  const transfer = find(book, id);
  book.changed(transfer, 'transfer.create');
  return { transfer, isNew: true };
}

function checkNew(book: Book, { proposal, debits, credits }: Checked, owners: string[]): void {
  const expiresAt = new Date(proposal.expires_at);
  if (expiresAt <= book.now()) {
    const message = `expires_at date: ${expiresAt.toISOString()} has already expired.`;
    throw unprocessable(message, 'expires_at', proposal.expires_at, 'ExpiredTransferError');
  }
  for (const { account } of [...debits, ...credits]) {
    if (dfspAccount(book, account)?.isDisabled !== false) {
      throw unprocessable(`Account ${account} is disabled`, 'account', account);
    }
  }
  for (const owner of owners) {
    const account = dfspAccount(book, owner);
    const units = debits.reduce((total, debit) => (debit.account === owner ? total + debit.units : total), 0n);
    if (account !== undefined) checkFunds(account, units);
  }
}

function prepareAgain(book: Book, existing: Transfer, checked: Checked, caller: Caller): Transfer {
  if (!isSame(existing, checked)) {
    throw unprocessable('Transfer may not be modified in this way', 'id', existing.id, 'InvalidModificationError');
  }
  if (existing.state === 'proposed' && isAuthorized(checked, caller)) {
    book.commit({ type: 'prepared', id: existing.id, at: book.now().toISOString() });
    book.changed(existing, 'transfer.update');
  }
  return existing;
}

/** Each debit is authorized by a field that says so, or by its owner's credentials. */
const isAuthorized = ({ proposal, debits }: Checked, caller: Caller): boolean =>
  debits.every(
    ({ account }, at) =>
      (caller.kind === 'dfsp' && caller.name === account) || proposal.debits[at]?.authorized === true,
  );

/**
 * Executes a transfer, or cancels one that has a cancellation condition (4.2.1.2). The same again changes nothing.
 * @throws SchemeError UnprocessableEntityError for a fulfillment that fits no condition and for a transfer that is over.
 */
export function fulfil(book: Book, id: string, text: string, caller: Caller): void {
  const transfer = find(book, id);
  const parties = [...transfer.debits, ...transfer.credits].map(({ account }) => account);
  if (caller.kind === 'dfsp' && !parties.includes(caller.name)) throw forbidden('Invalid attempt to fulfill transfer');
  const outcome = outcomeOf(transfer, text);
  if (!isOpen(transfer)) {
    if (outcome === 'executed' ? isExecuted(transfer) : transfer.fulfillment !== undefined && !isExecuted(transfer))
      return;
    const expired = transfer.rejectionReason === 'expired';
    const message = `Transfers in state ${transfer.state} may not be executed`;
    throw unprocessable(
      message,
      'state',
      transfer.state,
      expired ? 'ExpiredTransferError' : 'InvalidModificationError',
    );
  }
  if (outcome === 'rejected') {
    roll(book, transfer, { reason: 'cancelled', fulfillment: text });
    return;
  }
  const fees = feesOf(book.state, transfer, book.scale);
  book.commit({ type: 'executed', id, at: book.now().toISOString(), fulfillment: text, fees });
  book.changed(transfer, 'transfer.update');
}

function outcomeOf({ proposal }: Transfer, text: string): 'executed' | 'rejected' {
  const preimage = parseFulfillment(text);
  if (meets(preimage, parseCondition(proposal.execution_condition, 'execution_condition'))) return 'executed';
  const { cancellation_condition: cancellation } = proposal;
  if (cancellation !== undefined && meets(preimage, parseCondition(cancellation, 'cancellation_condition'))) {
    return 'rejected';
  }
  throw unprocessable('Fulfillment does not match any condition', 'fulfillment', text, 'UnmetConditionError');
}

const isExecuted = ({ state }: Transfer): boolean => state === 'executed' || state === 'settled';

/**
 * Rejects a transfer with the payee's reason (4.2.1.5). The same reason again changes nothing.
 * @throws SchemeError UnprocessableEntityError for a transfer that is over.
 */
export function reject(book: Book, id: string, message: string, caller: Caller): void {
  const transfer = find(book, id);
  const payees = transfer.credits.map(({ account }) => account);
  if (caller.kind === 'dfsp' && !payees.includes(caller.name)) throw forbidden('Invalid attempt to reject credit');
  if (transfer.state === 'rejected' && transfer.rejectionMessage === message) return;
  if (!isOpen(transfer)) {
    const why = `Transfers in state ${transfer.state} may not be rejected`;
    throw unprocessable(why, 'state', transfer.state, 'InvalidModificationError');
  }
  roll(book, transfer, { reason: 'cancelled', message });
}

/** @throws SchemeError NotFoundError. */
export function find(book: Book, id: string): Transfer {
  const transfer = current(book, id);
  if (transfer === undefined) throw notFound();
  return transfer;
}

/**
 * The fulfillment of a transfer that was executed or cancelled by one (4.2.1.4).
 * @throws SchemeError NotFoundError while there is none.
 */
export function fulfillmentOf(book: Book, id: string): string {
  const { fulfillment } = find(book, id);
  if (fulfillment === undefined) throw notFound();
  return fulfillment;
}
