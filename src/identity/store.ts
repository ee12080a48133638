import type { Msisdn, Sealed, Sql, Tx } from '../platform';
import type { Customer, PhoneUse, Role } from './customer';

/** The SQL of people and their PINs; of phones, resets and SIMs it is in the stores beside this one. */
interface CustomerRow {
  customer_id: string;
  user_number: string;
  first_name: string;
  last_name: string;
  language: string;
  role: Role;
  tier: string;
  status: 'active' | 'closed';
  msisdn: Msisdn | null;
}

const customerColumns = `c.customer_id, c.user_number, c.first_name, c.last_name, c.language, c.role, c.tier, c.status,
  contact.msisdn`;
const customerTables = `customer c left join phone_assignment contact
  on contact.customer_id = c.customer_id and contact.valid_to is null and contact.is_contact`;

/** Everybody who has the phone now, its default person first, then in the order in which they came. */
export async function peopleOf(sql: Sql, msisdn: Msisdn): Promise<Customer[]> {
  const rows = await sql.rows<CustomerRow>({
    name: 'customers-by-msisdn',
    together: true,
    text: `select ${customerColumns} from ${customerTables}
           join phone_assignment p on p.customer_id = c.customer_id and p.valid_to is null
           where p.msisdn = $1 order by p.is_default desc, p.valid_from, p.assignment_id`,
    values: [msisdn],
  });
  return rows.map(customerOf);
}

export async function customerByMsisdn(sql: Sql, msisdn: Msisdn): Promise<Customer | undefined> {
  const row = await sql.maybe<CustomerRow>({
    name: 'customer-by-msisdn',
    together: true,
    text: `select ${customerColumns} from ${customerTables}
           join phone_assignment p on p.customer_id = c.customer_id and p.valid_to is null and p.is_default
           where p.msisdn = $1`,
    values: [msisdn],
  });
  return row && customerOf(row);
}

export async function customerById(sql: Sql, customerId: string): Promise<Customer | undefined> {
  const row = await sql.maybe<CustomerRow>({
    name: 'customer-by-id',
    together: true,
    text: `select ${customerColumns} from ${customerTables} where c.customer_id = $1`,
    values: [customerId],
  });
  return row && customerOf(row);
}

export async function customerByUserNumber(sql: Sql, userNumber: string): Promise<Customer | undefined> {
  const row = await sql.maybe<CustomerRow>({
    name: 'customer-by-user-number',
    text: `select ${customerColumns} from ${customerTables} where c.user_number = $1`,
    values: [userNumber],
  });
  return row && customerOf(row);
}

function customerOf(row: CustomerRow): Customer {
  return {
    customerId: row.customer_id,
    userNumber: row.user_number,
    firstName: row.first_name,
    lastName: row.last_name,
    language: row.language,
    role: row.role,
    tier: row.tier,
    status: row.status,
    msisdn: row.msisdn ?? undefined,
  };
}

/** Whose name has all these words in it, in any order; the first ones by name. */
export async function customersByName(sql: Sql, words: readonly string[], limit: number): Promise<Customer[]> {
  const rows = await sql.rows<CustomerRow>({
    text: `select ${customerColumns} from ${customerTables}
           where not exists (
             select from unnest($1::text[]) word
             where position(lower(word) in lower(c.first_name || ' ' || c.last_name)) = 0)
           order by c.first_name, c.last_name, c.customer_id limit $2`,
    values: [words, limit],
  });
  return rows.map(customerOf);
}

export async function markClosed(tx: Tx, customerId: string, now: Date): Promise<void> {
  const text = `update customer set status = 'closed', closed_at = $2 where customer_id = $1`;
  await tx.run({ text, values: [customerId, now] });
}

export async function updateRole(tx: Tx, customerId: string, role: Role): Promise<void> {
  await tx.run({ text: 'update customer set role = $2 where customer_id = $1', values: [customerId, role] });
}

/** Everybody who ever had the phone, the newest first. */
export async function assignmentsOf(sql: Sql, msisdn: Msisdn): Promise<PhoneUse[]> {
  return sql.rows<PhoneUse & Record<string, unknown>>({
    text: `select c.customer_id as "customerId", c.user_number as "userNumber", p.valid_from as "from", p.valid_to as "to",
             p.sim_epoch as "simEpoch", p.is_default as "isDefault"
           from phone_assignment p join customer c using (customer_id)
           where p.msisdn = $1 order by p.valid_from desc, p.assignment_id desc limit 200`,
    values: [msisdn],
  });
}

export async function sealedPapersOf(sql: Sql, customerId: string): Promise<{ birthDate: Sealed; nationalId: Sealed }> {
  const row = await sql.one<{ birth_date: Buffer; national_id: Buffer; key_id: string }>({
    text: 'select birth_date, national_id, key_id from customer where customer_id = $1',
    values: [customerId],
  });
  const { key_id: keyId } = row;
  return { birthDate: { keyId, bytes: row.birth_date }, nationalId: { keyId, bytes: row.national_id } };
}

export async function anyCustomer(sql: Sql): Promise<boolean> {
  return (await sql.maybe({ text: 'select 1 from customer limit 1' })) !== undefined;
}

export interface CustomerInsert extends Omit<Customer, 'msisdn' | 'status' | 'tier'> {
  readonly birthDate: Sealed;
  readonly nationalId: Sealed;
  readonly personIndex: Buffer;
  readonly now: Date;
}

/** False when somebody else has the user number. */
export async function insertCustomer(tx: Tx, c: CustomerInsert): Promise<boolean> {
  const inserted = await tx.run({
    text: `insert into customer (customer_id, user_number, first_name, last_name, language, role, status, birth_date,
                                 national_id, key_id, person_index, created_at)
           values ($1, $2, $3, $4, $5, $6, 'active', $7, $8, $9, $10, $11)
           on conflict (user_number) do nothing`,
    values: [
      c.customerId,
      c.userNumber,
      c.firstName,
      c.lastName,
      c.language,
      c.role,
      c.birthDate.bytes,
      c.nationalId.bytes,
      c.nationalId.keyId,
      c.personIndex,
      c.now,
    ],
  });
  return inserted === 1;
}

/** Returns the one before. */
export async function updateLanguage(tx: Tx, customerId: string, language: string): Promise<string> {
  const before = await tx.one<{ language: string }>({
    text: 'select language from customer where customer_id = $1',
    values: [customerId],
  });
  await tx.run({ text: 'update customer set language = $2 where customer_id = $1', values: [customerId, language] });
  return before.language;
}

export async function birthDateOf(sql: Sql, customerId: string): Promise<Sealed> {
  const row = await sql.one<{ birth_date: Buffer; key_id: string }>({
    text: 'select birth_date, key_id from customer where customer_id = $1',
    values: [customerId],
  });
  return { keyId: row.key_id, bytes: row.birth_date };
}

export async function nationalIdOf(sql: Sql, customerId: string): Promise<Sealed> {
  const row = await sql.one<{ national_id: Buffer; key_id: string }>({
    text: 'select national_id, key_id from customer where customer_id = $1',
    values: [customerId],
  });
  return { keyId: row.key_id, bytes: row.national_id };
}

export interface StoredPin {
  readonly hash: string;
  readonly pepperId: string;
}

export async function insertPin(tx: Tx, customerId: string, pin: StoredPin, now: Date): Promise<void> {
  await tx.run({
    text: 'insert into pin (customer_id, hash, pepper_id, failed_attempts, changed_at) values ($1, $2, $3, 0, $4)',
    values: [customerId, pin.hash, pin.pepperId, now],
  });
}

/** Another hash of the same PIN, where it is still the same. */
export async function replaceHash(sql: Sql, customerId: string, old: StoredPin, renewed: StoredPin): Promise<void> {
  await sql.run({
    text: 'update pin set hash = $3, pepper_id = $4 where customer_id = $1 and hash = $2',
    values: [customerId, old.hash, renewed.hash, renewed.pepperId],
  });
}

/**
 * Another PIN, for whoever proved the present one by the attempt `proof`. False when that attempt proves nothing (any
 * more), or the PIN is locked; the attempts stay as they are.
 */
export async function changePin(
  tx: Tx,
  change: { customerId: string; pin: StoredPin; proof: string; provenSince: Date; now: Date },
): Promise<boolean> {
  const updated = await tx.run({
    text: `update pin set hash = $2, pepper_id = $3, changed_at = $6
           where customer_id = $1 and locked_at is null and exists (
             select 1 from pin_attempt a where a.attempt_key = $4 and a.customer_id = $1 and a.outcome = 'right'
               and a.attempted_at >= $5)`,
    values: [change.customerId, change.pin.hash, change.pin.pepperId, change.proof, change.provenSince, change.now],
  });
  if (updated === 0) return false;
  await spendProofs(tx, change.customerId);
  return true;
}

/** What this person proved by their PIN allows nothing any more. */
export async function spendProofs(tx: Tx, customerId: string): Promise<void> {
  const text = `update pin_attempt set outcome = 'spent' where customer_id = $1 and outcome = 'right'`;
  await tx.run({ text, values: [customerId] });
}

/** True when this attempt was right, and the PIN is neither locked nor changed since. */
export async function isProven(
  sql: Sql,
  { customerId, proof, provenSince }: { customerId: string; proof: string; provenSince: Date },
): Promise<boolean> {
  const row = await sql.maybe({
    text: `select 1 from pin join pin_attempt a using (customer_id)
           where customer_id = $1 and locked_at is null and a.attempt_key = $2 and a.outcome = 'right' and a.attempted_at >= $3`,
    values: [customerId, proof, provenSince],
  });
  return row !== undefined;
}

/** True once for an attempt that was right, while the PIN is neither locked nor changed: from then on it proves nothing more. */
export async function spendProof(
  tx: Tx,
  { customerId, proof, provenSince }: { customerId: string; proof: string; provenSince: Date },
): Promise<boolean> {
  const spent = await tx.run({
    text: `update pin_attempt a set outcome = 'spent' from pin
           where pin.customer_id = $1 and pin.locked_at is null
             and a.customer_id = $1 and a.attempt_key = $2 and a.outcome = 'right' and a.attempted_at >= $3`,
    values: [customerId, proof, provenSince],
  });
  return spent === 1;
}

export async function pinOf(sql: Sql, customerId: string): Promise<StoredPin> {
  const row = await sql.one<{ hash: string; pepper_id: string }>({
    name: 'pin-of',
    text: 'select hash, pepper_id from pin where customer_id = $1',
    values: [customerId],
  });
  return { hash: row.hash, pepperId: row.pepper_id };
}

/** True when this hop had not been counted before. */
export async function insertAttempt(tx: Tx, attemptKey: string, customerId: string, now: Date): Promise<boolean> {
  const inserted = await tx.run({
    name: 'pin-attempt',
    text: 'insert into pin_attempt (attempt_key, customer_id, attempted_at) values ($1, $2, $3) on conflict do nothing',
    values: [attemptKey, customerId, now],
  });
  return inserted === 1;
}

export interface Attempt {
  readonly outcome: 'right' | 'spent' | 'wrong' | 'locked' | null;
  readonly left: number | null;
}

export async function attemptOf(sql: Sql, attemptKey: string, customerId: string): Promise<Attempt | undefined> {
  return sql.maybe<{ outcome: Attempt['outcome']; left: number | null }>({
    name: 'pin-attempt-of',
    text: 'select outcome, attempts_left as "left" from pin_attempt where attempt_key = $1 and customer_id = $2',
    values: [attemptKey, customerId],
  });
}

/** Takes one attempt; the attempts that remain, or undefined when none was left. The row lock makes it exact under any concurrency. */
export async function consumeAttempt(tx: Tx, customerId: string, attemptsMax: number): Promise<number | undefined> {
  const row = await tx.maybe<{ failed_attempts: number }>({
    name: 'pin-consume',
    text: `update pin set failed_attempts = failed_attempts + 1
           where customer_id = $1 and failed_attempts < $2 and locked_at is null
           returning failed_attempts`,
    values: [customerId, attemptsMax],
  });
  return row && attemptsMax - row.failed_attempts;
}

/** The attempts that remain, held still until the transaction ends. */
export async function lockAttemptsLeft(tx: Tx, customerId: string, attemptsMax: number): Promise<number> {
  const row = await tx.one<{ failed_attempts: number }>({
    text: 'select failed_attempts from pin where customer_id = $1 for update',
    values: [customerId],
  });
  return attemptsMax - row.failed_attempts;
}

export async function settleAttempt(tx: Tx, attemptKey: string, { outcome, left }: Attempt): Promise<void> {
  await tx.run({
    name: 'pin-attempt-settle',
    text: 'update pin_attempt set outcome = $2, attempts_left = $3 where attempt_key = $1',
    values: [attemptKey, outcome, left],
  });
}

/** A right PIN gives the attempts back, but not once it is locked: false then. */
export async function resetAttempts(tx: Tx, customerId: string): Promise<boolean> {
  const text = 'update pin set failed_attempts = 0 where customer_id = $1 and locked_at is null';
  return (await tx.run({ name: 'pin-reset', text, values: [customerId] })) === 1;
}

export async function lockPin(tx: Tx, customerId: string, now: Date): Promise<void> {
  await tx.run({ text: 'update pin set locked_at = $2 where customer_id = $1', values: [customerId, now] });
}

/** Whether any attempt was missing. */
export async function unlockPin(tx: Tx, customerId: string): Promise<boolean> {
  const text = 'update pin set failed_attempts = 0, locked_at = null where customer_id = $1 and failed_attempts > 0';
  return (await tx.run({ text, values: [customerId] })) === 1;
}

export async function deleteAttemptsBefore(sql: Sql, before: Date): Promise<number> {
  return sql.run({ text: 'delete from pin_attempt where attempted_at < $1', values: [before] });
}
