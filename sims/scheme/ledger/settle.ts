import { randomUUID } from 'node:crypto';
import type { Book } from './book';
import { netOf, participants } from './positions';

/** Settles all that is executed (4.2.3.3): the ids, none when there is nothing new. */
export function settle(book: Book): string[] {
  const transfers = [...book.state.executed];
  if (transfers.length === 0) return [];
  const net = Object.fromEntries(participants(book.state).map((account) => [account.name, netOf(account).toString()]));
  const ids = transfers.map(({ id }) => id);
  book.commit({ type: 'settled', id: randomUUID(), settled_at: book.now().toISOString(), transfers: ids, net });
  transfers.forEach((transfer) => book.changed(transfer, 'transfer.update'));
  return ids;
}
