import numbers from '../../sims/numbers.json';
import { chartOf } from '../../src/ledger';
import { assert } from '../../src/platform';
import type { Beside, Member } from '../support/customers';
import type { Attempt } from './system-kill-caller';

/** What the database says at the end, against what people were told. */
export interface Findings {
  /** Payments that a screen acknowledged and that are not there. */
  readonly lost: number;
  /** Attempts that were paid more than once. */
  readonly doubled: number;
  readonly inDoubtPaid: number;
  /** Everything that is not as it should be, a line each. */
  readonly failures: string[];
}

interface PaymentRow {
  payer_id: string;
  payee_id: string;
  amount_minor: bigint;
  fee_minor: bigint;
  state: string;
  reference: string;
  /** Of the payer. */
  user_number: string | null;
}

/** Compares attempt by attempt, then the messages, the books and the sums. */
export async function compare(
  beside: Beside,
  members: readonly Member[],
  attempts: readonly Attempt[],
  openingMinor: bigint,
): Promise<Findings> {
  const { db } = beside.services;
  const all = await db.rows<PaymentRow>({
    text: `select payer_id, payee_id, amount_minor, fee_minor + payee_fee_minor as fee_minor, state, reference, user_number
           from payment left join customer on customer_id = payer_id`,
  });
  // Some of the sandbox's own numbers pay at the start to be in their state: nobody's attempt, but fees all the same.
  const rows = all.filter(({ user_number }) => numbers.every(({ userNumber }) => userNumber !== user_number));
  const byAttempt = groupByAttempt(rows);
  const findings: Mutable<Findings> = { lost: 0, doubled: 0, inDoubtPaid: 0, failures: [] };
  for (const attempt of attempts) {
    const key = `${attempt.payer.customerId} ${attempt.amountMinor}`;
    judge(attempt, byAttempt.get(key) ?? [], findings);
    byAttempt.delete(key);
  }
  for (const key of byAttempt.keys()) findings.failures.push(`a payment that nobody asked for: ${key}`);
  findings.failures.push(
    ...(await messagesOff(beside, members, rows)),
    ...(await balancesOff(beside, members, rows, openingMinor)),
    ...(await feesOff(beside, all)),
    ...(await booksOff(beside)),
  );
  return findings;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A payer never asks for the same amount twice. */
function groupByAttempt(rows: readonly PaymentRow[]): Map<string, PaymentRow[]> {
  const groups = new Map<string, PaymentRow[]>();
  for (const row of rows) {
    const key = `${row.payer_id} ${row.amount_minor}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}

function judge(attempt: Attempt, rows: readonly PaymentRow[], findings: Mutable<Findings>): void {
  const { outcome, deliveries, payer, amountMinor } = attempt;
  const [row] = rows;
  const found = problemOf(attempt, rows);
  if (found !== undefined) {
    findings.failures.push(`${found}: ${payer.msisdn}, ${amountMinor} (${outcome}, ${deliveries} deliveries)`);
  }
  if (rows.length > 1) findings.doubled += 1;
  if (outcome === 'acknowledged' && !row) findings.lost += 1;
  if (outcome === 'in doubt' && row) findings.inDoubtPaid += 1;
}

function problemOf(attempt: Attempt, rows: readonly PaymentRow[]): string | undefined {
  const [row] = rows;
  if (rows.length > 1) return `paid ${rows.length} times`;
  if (attempt.unseen) return 'paid by a process that had never shown the caller what they agree to';
  if (row && row.state !== 'completed') return `a payment that is ${row.state}`;
  return row ? problemOfPaid(attempt, row) : problemOfUnpaid(attempt);
}

function problemOfPaid({ payee, reference, outcome, notice, firstLine }: Attempt, row: PaymentRow): string | undefined {
  if (row.payee_id !== payee.customerId) return 'paid to somebody else';
  if (reference !== undefined && row.reference !== reference) return 'another reference than the one that was told';
  if (outcome === 'begun' || outcome === 'unsent') return 'paid, and told that it was not';
  return outcome === 'in doubt' && notice !== 'done'
    ? `paid, and the redial said ${JSON.stringify(firstLine)}`
    : undefined;
}

function problemOfUnpaid({ outcome, notice }: Attempt): string | undefined {
  if (outcome === 'acknowledged') return 'acknowledged and lost';
  return notice === 'done' ? 'not paid, and the redial said that it was' : undefined;
}

/** Each completed payment is two messages, one to each side, written with it; nobody of the crowd gets any other. */
async function messagesOff(
  { services: { db } }: Beside,
  members: readonly Member[],
  rows: readonly PaymentRow[],
): Promise<string[]> {
  const counts = await db.rows<{ to_msisdn: string; n: bigint }>({
    text: 'select to_msisdn, count(*) as n from sms_outbox group by to_msisdn',
  });
  return members.flatMap(({ msisdn, customerId }) => {
    const found = Number(counts.find(({ to_msisdn }) => to_msisdn === msisdn)?.n ?? 0n);
    const due = rows.filter(({ payer_id, payee_id }) => payer_id === customerId || payee_id === customerId).length;
    return found === due ? [] : [`${msisdn} has ${found} messages about ${due} payments`];
  });
}

/** Everybody has what they began with, less what they paid, plus what they got; the fees are where they belong. */
async function balancesOff(
  { services: { db, ledger } }: Beside,
  members: readonly Member[],
  rows: readonly PaymentRow[],
  openingMinor: bigint,
): Promise<string[]> {
  const off: string[] = [];
  let sum = 0n;
  for (const { msisdn, accountId, customerId } of members) {
    const balance = await ledger.balance(db, accountId);
    assert(balance, 'everybody has an account');
    const { postedMinor, pendingInMinor, pendingOutMinor } = balance;
    const due = openingMinor + rows.reduce((total, row) => total + effectOf(row, customerId), 0n);
    sum += postedMinor;
    if (postedMinor !== due) off.push(`${msisdn} has ${postedMinor}, ${due} due`);
    if (pendingInMinor !== 0n || pendingOutMinor !== 0n) off.push(`money of ${msisdn} is held`);
  }
  const paidFees = rows.reduce((total, row) => total + row.fee_minor, 0n);
  const before = openingMinor * BigInt(members.length);
  if (sum + paidFees !== before) off.push(`${before} at the start, ${sum + paidFees} at the end`);
  return off;
}

async function feesOff({ services: { db, ledger, market } }: Beside, rows: readonly PaymentRow[]): Promise<string[]> {
  const fees = await ledger.balance(db, chartOf(market.currency).feeIncome);
  const due = rows.reduce((total, row) => total + row.fee_minor, 0n);
  return fees?.postedMinor === due ? [] : [`fees of ${fees?.postedMinor}, ${due} due`];
}

function effectOf(row: PaymentRow, customerId: string): bigint {
  if (row.payer_id === customerId) return -(row.amount_minor + row.fee_minor);
  return row.payee_id === customerId ? row.amount_minor : 0n;
}

async function booksOff({ services: { db, ledger } }: Beside): Promise<string[]> {
  const report = await ledger.verify(db);
  const { n } = await db.one<{ n: bigint }>({
    text: 'select count(*) as n from ledger_hold',
  });
  const { unlogged } = await db.one<{ unlogged: bigint }>({
    text: `select count(*) as unlogged from payment p where state = 'completed' and 1 <> (
             select count(*) from audit_event e where e.transfer_id = p.payment_id and e.action = 'payment.completed')`,
  });
  return [
    ...(unlogged === 0n ? [] : [`${unlogged} payments do not stand in the forensic log exactly once`]),
    ...(report.clean ? [] : [`the books do not verify: ${JSON.stringify(report.deviation)}`]),
    ...(n === 0n ? [] : [`${n} reservations are open, and nobody asked for a cash-out`]),
  ];
}
