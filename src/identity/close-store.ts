import type { Msisdn, Tx } from '../platform';
import { lockNumber } from './store';

/** The SQL of who leaves. */

/** What they proved by their PIN allows nothing any more. */
export async function spendProofs(tx: Tx, customerId: string): Promise<void> {
  const text = `update pin_attempt set outcome = 'spent' where customer_id = $1 and outcome = 'right'`;
  await tx.run({ text, values: [customerId] });
}

/** Returns the phones. Nobody signs up on one of them before the transaction ends. */
export async function endAssignments(tx: Tx, customerId: string, now: Date): Promise<Msisdn[]> {
  const theirs = await tx.rows<{ msisdn: Msisdn }>({
    text: 'select msisdn from phone_assignment where customer_id = $1 and valid_to is null order by msisdn',
    values: [customerId],
  });
  for (const { msisdn } of theirs) await lockNumber(tx, msisdn);
  // Somebody may have come and gone within one tick of the clock; time still passed.
  await tx.run({
    text: `update phone_assignment
           set valid_to = greatest($2::timestamptz, valid_from + interval '1 microsecond'), is_default = false
           where customer_id = $1 and valid_to is null`,
    values: [customerId, now],
  });
  return theirs.map(({ msisdn }) => msisdn);
}

/** Where nobody is a phone's default person, the one who has had it longest is. */
export async function chooseDefault(tx: Tx, msisdn: Msisdn): Promise<void> {
  await tx.run({
    text: `update phone_assignment set is_default = true
           where assignment_id = (
             select assignment_id from phone_assignment where msisdn = $1 and valid_to is null
             order by valid_from, assignment_id limit 1)
           and not exists (select from phone_assignment where msisdn = $1 and valid_to is null and is_default)`,
    values: [msisdn],
  });
}

export async function markClosed(tx: Tx, customerId: string, now: Date): Promise<void> {
  const text = `update customer set status = 'closed', closed_at = $2 where customer_id = $1`;
  await tx.run({ text, values: [customerId, now] });
}
