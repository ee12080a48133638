import { formatAmount } from './amounts';
import { accountUri, type Book } from './book';
import type { Account, ShownEntry, Transfer } from './state';

/** A transfer as clients see it: 4.1.1. */
export function showTransfer(transfer: Transfer): object {
  const { proposal, state, timeline, rejectionReason, rejectionMessage } = transfer;
  const { debits, credits, ...terms } = proposal;
  const rejected = rejectionMessage === undefined ? {} : { rejected: true, rejection_message: rejectionMessage };
  const authorized = timeline.prepared_at === undefined ? {} : { authorized: true };
  const { id, ledger, ...conditions } = terms;
  return {
    id,
    ledger,
    debits: debits.map((debit): ShownEntry => ({ ...debit, ...authorized })),
    credits: credits.map((credit): ShownEntry => ({ ...credit, ...rejected })),
    ...conditions,
    state,
    timeline: { ...timeline },
    ...(rejectionReason === undefined ? {} : { rejection_reason: rejectionReason }),
  };
}

/** What WebSocket clients get when a transfer changes state: 4.1.3. */
export function notificationOf(transfer: Transfer): { resource: object; related_resources?: object } {
  const { fulfillment, state } = transfer;
  const resource = showTransfer(transfer);
  if (fulfillment === undefined) return { resource };
  const kind = state === 'rejected' ? 'cancellation_condition_fulfillment' : 'execution_condition_fulfillment';
  return { resource, related_resources: { [kind]: fulfillment } };
}

/** An account as clients see it: 4.1.2. */
export function showAccount(book: Book, account: Account): object {
  return {
    id: accountUri(book, account.name),
    name: account.name,
    created: account.created,
    balance: formatAmount(account.funds + account.net, book.scale),
    is_disabled: account.isDisabled,
    ledger: book.uris()[0] ?? '',
  };
}
