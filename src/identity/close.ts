import type { Clock, Msisdn, Tx } from '../platform';
import * as store from './close-store';
import { endResets } from './reset-store';
import { lockPin } from './store';

/**
 * Whoever it is stops being a customer (R55): nobody finds them by a phone any more, and neither their PIN nor a code for
 * a new one opens anything. What is known of them stays. Money sent to a phone of which they were the default person
 * reaches whoever has shared it longest. Returns the phones. Whoever calls has closed their accounts in the same
 * transaction, or the database refuses.
 */
export async function closeCustomer({ clock }: { readonly clock: Clock }, tx: Tx, customerId: string): Promise<Msisdn[]> {
  const now = clock.now();
  await endResets(tx, customerId, { outcome: 'replaced', now });
  await lockPin(tx, customerId, now);
  await store.spendProofs(tx, customerId);
  const phones = await store.endAssignments(tx, customerId, now);
  for (const msisdn of phones) await store.chooseDefault(tx, msisdn);
  await store.markClosed(tx, customerId, now);
  return phones;
}
