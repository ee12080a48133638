import { violatedConstraint, type Attachment, type Sql, type Tx } from '../platform';

/** All of onboarding's SQL. */
export interface Opening {
  readonly customerId: string;
  readonly accountId: string;
  readonly amountMinor: bigint;
}

/** Promises somebody the money with which they begin. */
export async function insertOpening(tx: Tx, { customerId, accountId, amountMinor }: Opening): Promise<void> {
  await tx.run({
    name: 'opening-insert',
    text: 'insert into opening (customer_id, account_id, amount_minor) values ($1, $2, $3)',
    values: [customerId, accountId, amountMinor],
  });
}

/** What was promised and has not come. */
export async function waitingOpenings(sql: Sql): Promise<Opening[]> {
  const rows = await sql.rows<{ customer_id: string; account_id: string; amount_minor: bigint }>({
    name: 'opening-waiting',
    text: `select customer_id, account_id::text, amount_minor from opening where transfer_id is null
           order by customer_id`,
  });
  return rows.map((row) => ({
    customerId: row.customer_id,
    accountId: row.account_id,
    amountMinor: row.amount_minor,
  }));
}

/** Keeps the promise, with the money: refused (`opening_once`) where it was kept before. */
export function openingAttachment(customerId: string, transferId: string): Attachment {
  return { writer: 'opening', row: { customer_id: customerId, transfer_id: transferId } };
}

/** A wish to become an agent or a merchant. */
export interface Application {
  readonly applicationId: string;
  readonly number: bigint;
  readonly customerId: string;
  readonly wants: 'agent' | 'merchant';
  readonly businessName: string;
  readonly state: 'open' | 'approved' | 'refused';
  readonly hopKey: string;
  readonly madeAt: Date;
}

const applicationColumns = `application_id as "applicationId", application_number as number, customer_id as "customerId",
  wants, business_name as "businessName", state, hop_key as "hopKey", made_at as "madeAt"`;

/** False while one of theirs is open. */
export async function insertApplication(tx: Tx, a: Omit<Application, 'number' | 'state'>): Promise<boolean> {
  const inserted = await tx.run({
    text: `insert into application (application_id, customer_id, wants, business_name, state, hop_key, made_at)
           values ($1, $2, $3, $4, 'open', $5, $6) on conflict (customer_id) where state = 'open' do nothing`,
    values: [a.applicationId, a.customerId, a.wants, a.businessName, a.hopKey, a.madeAt],
  });
  return inserted === 1;
}

/** True for the error of an application of somebody who has closed their profile meanwhile. */
export function hasLeft(error: unknown): boolean {
  return violatedConstraint(error) === 'application_customer_left';
}

export async function openApplicationOf(sql: Sql, customerId: string): Promise<Application | undefined> {
  return sql.maybe<Application & Record<string, unknown>>({
    text: `select ${applicationColumns} from application where customer_id = $1 and state = 'open'`,
    values: [customerId],
  });
}

/** Held still until the transaction ends: one decides. */
export async function lockApplication(tx: Tx, number: bigint): Promise<Application | undefined> {
  return tx.maybe<Application & Record<string, unknown>>({
    text: `select ${applicationColumns} from application where application_number = $1 for no key update`,
    values: [number],
  });
}

export async function decideApplication(
  tx: Tx,
  number: bigint,
  d: { state: 'approved' | 'refused'; actId: string; now: Date },
): Promise<void> {
  await tx.run({
    text: 'update application set state = $2, act_id = $3, decided_at = $4 where application_number = $1',
    values: [number, d.state, d.actId, d.now],
  });
}

export async function openApplications(sql: Sql): Promise<Application[]> {
  return sql.rows<Application & Record<string, unknown>>({
    text: `select ${applicationColumns} from application where state = 'open' order by application_number limit 200`,
  });
}
