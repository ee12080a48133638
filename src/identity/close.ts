import type { Clock, Msisdn, Tx } from '../platform';
import type { Customer } from './customer';
import { endAssignment, lockNumber, lockPerson, phonesOf, setDefault } from './phone-store';
import { endResets } from './reset-store';
import { lockPin, markClosed, peopleOf, spendProofs } from './store';

/** A phone that somebody had. */
export interface LeftPhone {
  readonly msisdn: Msisdn;
  /** Whom money sent to the number reaches from now on, where it reached the person and others share it. */
  readonly heir: Customer | undefined;
}

/**
 * Whoever it is stops being a customer (R55): nobody finds them by a phone any more, and neither their PIN nor a code for
 * a new one opens anything. What is known of them stays. Returns the phones that they had. Whoever calls has closed their
 * accounts in the same transaction, or the database refuses.
 */
export async function closeCustomer(
  { clock }: { readonly clock: Clock },
  tx: Tx,
  customerId: string,
): Promise<LeftPhone[]> {
  const now = clock.now();
  await lockPerson(tx, customerId);
  const phones = await phonesOf(tx, customerId);
  const left: LeftPhone[] = [];
  // In one order, so that two who leave the same phones don't wait for one another.
  for (const { msisdn, isDefault } of phones.sort((one, other) => (one.msisdn < other.msisdn ? -1 : 1))) {
    await lockNumber(tx, msisdn);
    await endAssignment(tx, customerId, msisdn, now);
    const [heir] = isDefault ? await peopleOf(tx, msisdn) : [];
    if (heir) await setDefault(tx, heir.customerId, msisdn);
    left.push({ msisdn, heir });
  }
  await endResets(tx, customerId, { outcome: 'replaced', now });
  await lockPin(tx, customerId, now);
  await spendProofs(tx, customerId);
  await markClosed(tx, customerId, now);
  return left;
}
