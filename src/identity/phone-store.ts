import type { Msisdn, Sql, Tx } from '../platform';

/** The SQL of who is on which phone. */
export interface PhoneRow {
  readonly msisdn: Msisdn;
  /** Whether the person's messages go there. */
  readonly isContact: boolean;
  /** Whether money sent to the number reaches them. */
  readonly isDefault: boolean;
}

/** Held until the transaction ends: two who come to one number come one after the other. */
export async function lockNumber(tx: Tx, msisdn: Msisdn): Promise<void> {
  await tx.run({ text: `select pg_advisory_xact_lock(hashtextextended('msisdn:' || $1, 0))`, values: [msisdn] });
}

/** Held until the transaction ends: two changes of one person's phones come one after the other. */
export async function lockPerson(tx: Tx, customerId: string): Promise<void> {
  await tx.run({
    text: 'select 1 from customer where customer_id = $1 for no key update',
    values: [customerId],
  });
}

/** The contact phone first, then as they came. */
export async function phonesOf(sql: Sql, customerId: string): Promise<PhoneRow[]> {
  return sql.rows<PhoneRow & Record<string, unknown>>({
    name: 'phones-of',
    text: `select msisdn, is_contact as "isContact", is_default as "isDefault" from phone_assignment
           where customer_id = $1 and valid_to is null order by is_contact desc, valid_from, assignment_id`,
    values: [customerId],
  });
}

export async function isOn(sql: Sql, customerId: string, msisdn: Msisdn): Promise<boolean> {
  const row = await sql.maybe({
    name: 'phone-is-on',
    together: true,
    text: 'select 1 from phone_assignment where msisdn = $1 and customer_id = $2 and valid_to is null',
    values: [msisdn, customerId],
  });
  return row !== undefined;
}

export interface AssignmentInsert {
  readonly assignmentId: string;
  readonly msisdn: Msisdn;
  readonly customerId: string;
  readonly isDefault: boolean;
  readonly isContact: boolean;
  readonly now: Date;
}

export async function insertAssignment(tx: Tx, a: AssignmentInsert): Promise<void> {
  await tx.run({
    text: `insert into phone_assignment (assignment_id, msisdn, customer_id, valid_from, is_default, is_contact)
           values ($1, $2, $3, $4, $5, $6)`,
    values: [a.assignmentId, a.msisdn, a.customerId, a.now, a.isDefault, a.isContact],
  });
}

/** Ends somebody's time with a phone, which has begun before it ends. */
export async function endAssignment(tx: Tx, customerId: string, msisdn: Msisdn, now: Date): Promise<void> {
  await tx.run({
    text: `update phone_assignment set valid_to = greatest($3, valid_from + interval '1 microsecond')
           where customer_id = $1 and msisdn = $2 and valid_to is null`,
    values: [customerId, msisdn, now],
  });
}

/** The one before is none any more. */
export async function moveContact(tx: Tx, customerId: string, msisdn: Msisdn): Promise<void> {
  const current = 'customer_id = $1 and valid_to is null';
  await tx.run({
    text: `update phone_assignment set is_contact = false where ${current} and is_contact`,
    values: [customerId],
  });
  await tx.run({
    text: `update phone_assignment set is_contact = true where ${current} and msisdn = $2`,
    values: [customerId, msisdn],
  });
}

/** For a phone that has no default person. */
export async function setDefault(tx: Tx, customerId: string, msisdn: Msisdn): Promise<void> {
  await tx.run({
    text: 'update phone_assignment set is_default = true where customer_id = $1 and msisdn = $2 and valid_to is null',
    values: [customerId, msisdn],
  });
}
