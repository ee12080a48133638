import { chartOf } from '../../src/ledger';
import type { Beside, Member } from '../support/customers';
import type { SchemeTransfer } from '../support/scheme-books';
import type { TwoAttempt } from './two-kill-caller';
import { rowsOff } from './two-kill-bulks';
import type { Phones } from './two-kill-phones';

export interface TwoProvider {
  readonly name: string;
  readonly beside: Pick<Beside, 'services'>;
  readonly attempts: readonly TwoAttempt[];
  /** Everybody here who may pay or be paid. */
  readonly members: readonly Pick<Member, 'customerId' | 'msisdn'>[];
}

interface Row {
  readonly transfer_id: string;
  readonly state: string;
  readonly payment_state: string | null;
  readonly payer_id: string | null;
  readonly amount_minor: bigint;
}

/** How many transfers nobody has decided yet, on both sides, how many lists are being paid and how many SMS nobody has been sent. */
export async function unsettled({ services: { db } }: Pick<Beside, 'services'>): Promise<number> {
  const { n } = await db.one<{ n: bigint }>({
    text: `select (select count(*) from outgoing_transfer where state = 'open')
                + (select count(*) from incoming_transfer where state = 'reserved')
                + (select count(*) from bulk where state = 'paying')
                + (select count(*) from sms_outbox where state in ('queued', 'sending')) as n`,
  });
  return Number(n);
}

interface Compared {
  readonly lost: number;
  readonly doubled: number;
  readonly transfers: number;
  readonly paid: number;
  /** Rows of lists. */
  readonly rowsPaid: number;
  readonly failures: readonly string[];
}

/** Holds three ledgers against each other and against what people were told. Each line is something that must not be. */
export async function compareThree(
  providers: readonly TwoProvider[],
  scheme: readonly SchemeTransfer[],
  phones: Pick<Phones, 'textsTo'>,
): Promise<Compared> {
  const failures: string[] = [];
  const byId = new Map(scheme.map((transfer) => [transfer.transferId, transfer]));
  let [lost, doubled, transfers, paid, rowsPaid] = [0, 0, 0, 0, 0];
  for (const provider of providers) {
    const outgoing = await transfersOf(provider.beside, 'outgoing_transfer');
    const incoming = await transfersOf(provider.beside, 'incoming_transfer');
    failures.push(...disagreements(provider.name, outgoing, byId, 'out'));
    failures.push(...disagreements(provider.name, incoming, byId, 'in'));
    failures.push(...missing(provider.name, { outgoing, incoming }, scheme));
    failures.push(...(await booksOff(provider, scheme)), ...(await textsOff(provider, phones)));
    const told = judge(provider, outgoing);
    const rows = await rowsOff(provider.name, provider.beside);
    failures.push(...told.failures, ...rows.failures);
    rowsPaid += rows.paid;
    lost += told.lost;
    doubled += told.doubled;
    transfers += outgoing.length;
    paid += outgoing.filter(({ state }) => state === 'committed').length;
  }
  const net = await Promise.all(providers.map(({ beside }) => clearingOf(beside)));
  const sum = net.reduce((total, minor) => total + minor, 0n);
  if (sum !== 0n) failures.push(`what the providers owe one another does not mirror: ${net.join(' and ')}`);
  return { lost, doubled, transfers, paid, rowsPaid, failures };
}

function transfersOf(
  { services: { db } }: Pick<Beside, 'services'>,
  table: 'outgoing_transfer' | 'incoming_transfer',
): Promise<Row[]> {
  return db.rows<Row>({
    text: `select t.transfer_id, t.state, p.state as payment_state, p.payer_id, coalesce(p.amount_minor, 0) as amount_minor
           from ${table} t left join payment p using (payment_id)`,
  });
}

/** What a provider has decided is what the scheme has decided, and what happened to the money. */
function disagreements(
  name: string,
  rows: readonly Row[],
  scheme: ReadonlyMap<string, SchemeTransfer>,
  way: 'in' | 'out',
): string[] {
  return rows.flatMap((row) => {
    const there = scheme.get(row.transfer_id);
    const found = disagreement(row, there);
    const { transfer_id, state, payment_state } = row;
    const here = `${state}, payment ${payment_state ?? 'none'}, the scheme ${there?.state ?? 'nothing'}`;
    return found === undefined ? [] : [`${name}, ${way}, ${transfer_id}: ${found} (${here})`];
  });
}

function disagreement(row: Row, there: SchemeTransfer | undefined): string | undefined {
  const isCommitted = row.state === 'committed';
  if (isCommitted !== (there?.state === 'committed')) return 'decided otherwise than the scheme';
  if (row.payment_state === null) return undefined;
  if (isCommitted !== (row.payment_state === 'completed')) return 'the payment is otherwise';
  return there && there.amountMinor !== row.amount_minor ? 'another amount' : undefined;
}

/** What the scheme committed stands at both. */
function missing(
  name: string,
  { outgoing, incoming }: { readonly outgoing: readonly Row[]; readonly incoming: readonly Row[] },
  scheme: readonly SchemeTransfer[],
): string[] {
  const ids = (rows: readonly Row[]) => new Set(rows.map(({ transfer_id }) => transfer_id));
  const [out, into] = [ids(outgoing), ids(incoming)];
  return scheme
    .filter(({ state, transferId, payer }) => state === 'committed' && !(payer === name ? out : into).has(transferId))
    .map(({ transferId }) => `${name} knows nothing of ${transferId}, which was committed`);
}

async function clearingOf({ services: { db, ledger, market } }: Pick<Beside, 'services'>): Promise<bigint> {
  return (await ledger.balance(db, chartOf(market.currency).clearing))?.postedMinor ?? 0n;
}

async function booksOff({ name, beside }: TwoProvider, scheme: readonly SchemeTransfer[]): Promise<string[]> {
  const { db, ledger } = beside.services;
  const report = await ledger.verify(db);
  const { n } = await db.one<{ n: bigint }>({ text: 'select count(*) as n from ledger_hold' });
  const owed = scheme
    .filter(({ state }) => state === 'committed')
    .reduce((sum, { payer, amountMinor }) => sum + (payer === name ? amountMinor : -amountMinor), 0n);
  const clearing = await clearingOf(beside);
  return [
    ...(report.clean ? [] : [`the books of ${name} do not verify: ${JSON.stringify(report.deviation)}`]),
    ...(n === 0n ? [] : [`${n} holds are left at ${name}`]),
    ...(clearing === owed ? [] : [`${name} has ${clearing} in clearing, the scheme ${owed}`]),
  ];
}

/** Each attempt was paid once at most, as its payer was told. */
function judge(
  { name, attempts }: TwoProvider,
  outgoing: readonly Row[],
): { lost: number; doubled: number; failures: string[] } {
  const paidTimes = new Map<string, number>();
  for (const { state, payer_id, amount_minor } of outgoing) {
    const key = `${payer_id ?? ''} ${amount_minor}`;
    if (state === 'committed') paidTimes.set(key, (paidTimes.get(key) ?? 0) + 1);
  }
  const counted = attempts.map((attempt) => ({
    ...attempt,
    times: paidTimes.get(`${attempt.payer.customerId} ${attempt.amountMinor}`) ?? 0,
  }));
  const lost = counted.filter(({ told, times }) => told === 'paid' && times === 0);
  const doubled = counted.filter(({ times }) => times > 1);
  const denied = counted.filter(({ told, times }) => told === 'not paid' && times > 0);
  const line = (what: string) => (attempt: TwoAttempt) =>
    `${name}: ${what}: ${attempt.payer.msisdn}, ${attempt.amountMinor} (${attempt.told})`;
  return {
    lost: lost.length,
    doubled: doubled.length,
    failures: [
      ...lost.map(line('told to be paid, and was not')),
      ...doubled.map(line('paid more than once')),
      ...denied.map(line('told not to be paid, and was')),
    ],
  };
}

/** Whoever has paid or been paid gets an SMS that says so, whose money came back one of that; nobody is told anything else. */
async function textsOff({ name, beside, members }: TwoProvider, phones: Pick<Phones, 'textsTo'>): Promise<string[]> {
  const rows = await beside.services.db.rows<{
    reference: string;
    state: string;
    payer_id: string | null;
    person_id: string;
    asked_as: string;
  }>({
    text: `select reference, state, payer_id, asked_as, coalesce(payer_id, payee_id) as person_id from payment
           where outside is not null`,
  });
  const phoneOf = new Map(members.map(({ customerId, msisdn }) => [customerId, msisdn]));
  return rows.flatMap(({ reference, state, payer_id, person_id, asked_as }) => {
    const texts = phones.textsTo(phoneOf.get(person_id) ?? '').filter((text) => text.startsWith(`${reference} `));
    const told = [...new Set(texts.map((text) => / (Sent|You received|Not sent)\b/.exec(text)?.[1] ?? text))].join();
    const due = isOfList(asked_as, payer_id) ? '' : dueText(state, payer_id !== null);
    return told === due ? [] : [`${name}: of ${reference} (${state}) an SMS said "${told}" instead of "${due}"`];
  });
}

/** A business reads of its payments in a report. */
function isOfList(askedAs: string, payerId: string | null): boolean {
  return askedAs === 'staff' && payerId !== null;
}

function dueText(state: string, isPayer: boolean): string {
  if (state === 'completed') return isPayer ? 'Sent' : 'You received';
  return isPayer ? 'Not sent' : '';
}
