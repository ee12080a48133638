import type { Msisdn, Sql, Tx } from '../platform';
import { spendProofs, type StoredPin } from './store';

/** The SQL of PIN resets and SIM swaps. */
export interface ResetRow {
  readonly resetId: string;
  readonly msisdn: Msisdn;
  readonly digest: Buffer;
  readonly triesLeft: number;
  readonly triedBy: string | null;
}

const resetColumns = `reset_id as "resetId", msisdn, digest, tries_left as "triesLeft", tried_by as "triedBy"`;
/** In time, and where the code went is still the person's phone. */
const isOpen = `ended_at is null and expires_at > $2 and exists (
  select from phone_assignment p where p.customer_id = r.customer_id and p.msisdn = r.msisdn and p.valid_to is null)`;

/** The reset whose code may be typed now. */
export async function openReset(sql: Sql, customerId: string, now: Date): Promise<ResetRow | undefined> {
  return sql.maybe<ResetRow & Record<string, unknown>>({
    name: 'pin-reset-open',
    text: `select ${resetColumns} from pin_reset r where customer_id = $1 and ${isOpen}`,
    values: [customerId, now],
  });
}

/** The same, held still until the transaction ends. */
export async function lockReset(tx: Tx, customerId: string, now: Date): Promise<ResetRow | undefined> {
  return tx.maybe<ResetRow & Record<string, unknown>>({
    name: 'pin-reset-lock',
    text: `select ${resetColumns} from pin_reset r where customer_id = $1 and ${isOpen} for update of r`,
    values: [customerId, now],
  });
}

/** Whether the person has a PIN. Whoever else starts a reset for them waits here until the transaction ends. */
export async function lockPinRow(tx: Tx, customerId: string): Promise<boolean> {
  const text = 'select 1 from pin where customer_id = $1 for no key update';
  return (await tx.maybe({ text, values: [customerId] })) !== undefined;
}

export async function countResetsSince(tx: Tx, customerId: string, since: Date): Promise<number> {
  const { n } = await tx.one<{ n: bigint }>({
    text: 'select count(*) as n from pin_reset where customer_id = $1 and created_at > $2',
    values: [customerId, since],
  });
  return Number(n);
}

export interface ResetInsert extends Omit<ResetRow, 'triedBy'> {
  readonly customerId: string;
  readonly startedBy: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

export async function insertReset(tx: Tx, r: ResetInsert): Promise<void> {
  await tx.run({
    text: `insert into pin_reset (reset_id, customer_id, msisdn, digest, tries_left, started_by, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [r.resetId, r.customerId, r.msisdn, r.digest, r.triesLeft, r.startedBy, r.now, r.expiresAt],
  });
}

export async function takeResetTry(tx: Tx, resetId: string, hopKey: string): Promise<void> {
  await tx.run({
    text: 'update pin_reset set tries_left = tries_left - 1, tried_by = $2 where reset_id = $1',
    values: [resetId, hopKey],
  });
}

/** The hop before, if any, may set no PIN any more. */
export async function proveReset(tx: Tx, resetId: string, hopKey: string, now: Date): Promise<void> {
  await tx.run({
    text: 'update pin_reset set proven_by = $2, proven_at = $3 where reset_id = $1',
    values: [resetId, hopKey, now],
  });
}

export async function endResets(
  tx: Tx,
  customerId: string,
  { outcome, now }: { outcome: 'failed' | 'replaced' | 'swapped'; now: Date },
): Promise<void> {
  await tx.run({
    text: 'update pin_reset set ended_at = $2, outcome = $3 where customer_id = $1 and ended_at is null',
    values: [customerId, now, outcome],
  });
}

/** Spends the code that the hop `proof` told, sets the PIN, gives all attempts back. False when that hop proves nothing. */
export async function setResetPin(
  tx: Tx,
  change: { customerId: string; pin: StoredPin; proof: string; provenSince: Date; now: Date },
): Promise<boolean> {
  const { customerId, pin, proof, provenSince, now } = change;
  const ended = await tx.run({
    text: `update pin_reset set ended_at = $4, outcome = 'done'
           where customer_id = $1 and ended_at is null and proven_by = $2 and proven_at >= $3`,
    values: [customerId, proof, provenSince, now],
  });
  if (ended === 0) return false;
  await tx.run({
    text: `update pin set hash = $2, pepper_id = $3, changed_at = $4, failed_attempts = 0, locked_at = null
           where customer_id = $1`,
    values: [customerId, pin.hash, pin.pepperId, now],
  });
  await spendProofs(tx, customerId);
  return true;
}

export async function deleteResetsBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({ text: 'delete from pin_reset where created_at < $1', values: [before] });
}

/** Everybody for whose phone this is news, with the new epoch. Whoever came with that SIM already is none of them. */
export async function noteSwap(
  tx: Tx,
  msisdn: Msisdn,
  swappedAt: Date,
): Promise<{ customerId: string; simEpoch: number }[]> {
  return tx.rows<{ customerId: string; simEpoch: number }>({
    text: `update phone_assignment set sim_epoch = sim_epoch + 1, sim_swapped_at = $2
           where msisdn = $1 and valid_to is null and valid_from < $2
             and (sim_swapped_at is null or sim_swapped_at < $2)
           returning customer_id as "customerId", sim_epoch as "simEpoch"`,
    values: [msisdn, swappedAt],
  });
}
