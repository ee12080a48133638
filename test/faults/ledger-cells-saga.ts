/**
 * Two ledgers as two cells, and a driver that carries payments across: what src/ledger/README.md says of cells, as code.
 * A driver may be cut anywhere; whatever it was about is found again in the rows of the two ledgers.
 */
import { createHash } from 'node:crypto';
import { createLedger, openChart, type Actor, type Ledger, type Leg } from '../../src/ledger';
import { createDb, createIds, createLog, plusMs, type Clock, type Db } from '../../src/platform';

export interface Cell {
  readonly number: number;
  readonly db: Db;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Stands for the other cell: what it is owed is what went there and did not come back. */
  readonly transit: string;
  readonly customers: readonly string[];
  close(): Promise<void>;
}

const actor: Actor = { kind: 'system', id: 'cells' };
const openingMinor = 100_000n;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A fresh ledger becomes cell `number`, with customers who have `openingMinor` each. `owner` owns the database. */
export async function foundCell(owner: Db, clock: Clock, number: number, customers: number): Promise<void> {
  await owner.run({ text: 'update ledger_setting set cell = $1', values: [number] });
  // Where a reservation is bound for; the ledger commits it with the reservation.
  await owner.run({
    text: `create table crossing (transfer_id uuid primary key, account_id bigint not null);
           create function attach_crossing(p_rows jsonb) returns void language sql as $$
             insert into crossing
             select r.transfer_id, r.account_id from jsonb_to_recordset(p_rows) r (transfer_id uuid, account_id bigint)
           $$;
           grant select on crossing to starhash_app`,
  });
  const ledger = createLedger({ db: owner, clock, log: createLog('silent') });
  await ledger.prepare(clock.now());
  const chart = await owner.tx((tx) => openChart(ledger, tx, 'KES'));
  const [transit = '', ...accounts] = await ledger.newAccountIds(owner, customers + 1);
  const unbounded = { currency: 'KES', floorMinor: null, ceilingMinor: null, limitProfile: null } as const;
  await owner.tx(async (tx) => {
    await ledger.openAccount(tx, { ...unbounded, accountId: transit, kind: 'transit' }, actor);
    for (const [index, accountId] of accounts.entries()) {
      // Every tenth takes little more, so that the other cell is refused.
      const ceilingMinor = index % 10 === 9 ? openingMinor + 500n : null;
      const account = { ...unbounded, accountId, kind: 'customer', floorMinor: 0n, ceilingMinor } as const;
      await ledger.openAccount(tx, account, actor);
    }
  });
  const ids = createIds(clock);
  const opened = await ledger.post(
    accounts.map((creditAccountId) => {
      const legs: Leg[] = [
        { debitAccountId: chart.trust, creditAccountId, amountMinor: openingMinor, code: 'opening' },
      ];
      return { kind: 'transfer', transferId: ids.uuid(), legs };
    }),
  );
  if (opened.some(({ ok }) => !ok)) throw new Error('an opening was refused');
  await ledger.close();
}

/** As the driver's process finds it: with nothing but the address of its database. */
export async function openCell(url: string, clock: Clock): Promise<Cell> {
  const db = createDb({ url, connectionsMax: 8, role: 'starhash_app', onError: () => undefined });
  const ledger = createLedger({ db, clock, log: createLog('silent'), lanes: 2 });
  const { cell } = await db.one<{ cell: number }>({ text: 'select cell from ledger_setting' });
  const accounts = await db.rows<{ id: string; kind: string }>({
    text: `select account_id::text as id, kind::text as kind from ledger_account
           where kind in ('customer', 'transit') and account_id >= 1000000 order by account_id`,
  });
  const close = async (): Promise<void> => {
    await ledger.close();
    await db.close();
  };
  const ofKind = (kind: string) => accounts.filter((account) => account.kind === kind).map(({ id }) => id);
  return { number: cell, db, ledger, clock, transit: ofKind('transit')[0] ?? '', customers: ofKind('customer'), close };
}

export interface Crossing {
  readonly from: Cell;
  readonly to: Cell;
  /** The reservation's id. */
  readonly transferId: string;
  readonly payer: string;
  readonly payee: string;
  readonly amountMinor: bigint;
}

/** Called between any two steps; a test that throws here has cut the driver. */
export type Between = (step: 'begin' | 'reserved' | 'credited' | 'resolved') => void;

/** Pays from a customer of one cell to one of the other: true when it was done, false when somebody refused. */
export async function pay(crossing: Crossing, between: Between = () => undefined): Promise<boolean> {
  const { from, transferId, payer, payee, amountMinor } = crossing;
  between('begin');
  const [reserved] = await from.ledger.post([
    {
      kind: 'reserve',
      transferId,
      legs: [{ debitAccountId: payer, creditAccountId: from.transit, amountMinor, code: 'transit' }],
      expiresAt: plusMs(from.clock.now(), 30 * dayMs),
      attachments: [{ writer: 'crossing', row: { transfer_id: transferId, account_id: payee } }],
    },
  ]);
  if (reserved?.ok !== true) return false;
  between('reserved');
  return (await settle(crossing, between)) === 'posted';
}

/** The other cell is asked under the same id by whoever asks, so it is paid once; made from the same moment. */
function creditIdOf(transferId: string): string {
  const hex = createHash('sha256').update(`${transferId} credit`).digest('hex');
  return `${transferId.slice(0, 14)}7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
}

/** No ledger takes an id a day after it was made, and no clock is believed that is hours away: then it never will be. */
const neverAfterMs = 38 * hourMs;

/** What the other cell says of its part, for good; `unknown`: somebody may still be about to ask it. */
async function credit({
  to,
  transferId,
  payee,
  amountMinor,
}: Omit<Crossing, 'payer' | 'from'>): Promise<'booked' | 'never' | 'unknown'> {
  const creditId = creditIdOf(transferId);
  const legs: Leg[] = [{ debitAccountId: to.transit, creditAccountId: payee, amountMinor, code: 'transit' }];
  const [outcome] = await to.ledger.post([{ kind: 'transfer', transferId: creditId, legs }]);
  if (outcome?.ok === true) return 'booked';
  if (outcome?.error === 'transfer_exists_different') throw new Error(`${creditId} was something else`);
  if (outcome?.error !== 'transfer_invalid') return 'never'; // a refusal sticks to the id
  const before = await to.ledger.find(to.db, creditId);
  if (before) return before.refusal === undefined ? 'booked' : 'never';
  const madeMs = Number.parseInt(transferId.replace('-', '').slice(0, 12), 16);
  return to.clock.now().getTime() >= madeMs + neverAfterMs ? 'never' : 'unknown';
}

/** What was reserved is posted when the other cell has booked its part, voided when it never will. */
export async function settle(
  crossing: Omit<Crossing, 'payer'>,
  between: Between = () => undefined,
): Promise<'posted' | 'voided' | 'pending'> {
  const { from, transferId } = crossing;
  const credited = await credit(crossing);
  between('credited');
  if (credited === 'unknown') return 'pending';
  const kind = credited === 'booked' ? 'post' : 'void';
  const [resolved] = await from.ledger.post([
    { kind, transferId: createIds(from.clock).uuid(), pendingId: transferId },
  ]);
  between('resolved');
  // Another driver may have been faster; it saw the same.
  if (resolved?.ok === false && resolved.error !== 'pending_gone') {
    throw new Error(`${transferId} is not ${kind}ed: ${resolved.error}`);
  }
  return kind === 'post' ? 'posted' : 'voided';
}

/** Carries on with all that is under way from one cell to the other. Returns how many there were. */
export async function resume(from: Cell, to: Cell): Promise<number> {
  let count = 0;
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const held = await from.db.rows<{ id: string; payee: string; amount: bigint }>({
      text: `select h.transfer_id::text as id, c.account_id::text as payee, h.legs[3] as amount
             from ledger_hold h join crossing c using (transfer_id)
             where h.transfer_id > $1 order by h.transfer_id limit 500`,
      values: [after],
    });
    await Promise.all(
      held.map(({ id, payee, amount }) => settle({ from, to, transferId: id, payee, amountMinor: amount })),
    );
    count += held.length;
    const last = held.at(-1);
    if (!last) return count;
    after = last.id;
  }
}

export interface CellsReport {
  readonly payments: number;
  readonly posted: number;
  readonly voided: number;
  /** What the transit accounts of both cells hold: one is minus the other. */
  readonly transitMinor: string;
}

/** Throws unless both books verify, nothing is under way, and no coin was lost, made or paid twice. */
export async function proveCells(cells: readonly [Cell, Cell]): Promise<CellsReport> {
  const [one, other] = cells;
  let [money, posted, voided]: [bigint, number, number] = [0n, 0, 0];
  const transit: bigint[] = [];
  for (const [cell, across] of [
    [one, other],
    [other, one],
  ] as const) {
    const report = await cell.ledger.verify(cell.db);
    if (!report.clean) throw new Error(`cell ${cell.number} deviates: ${JSON.stringify(report.deviation)}`);
    const { held, sum } = await cell.db.one<{ held: bigint; sum: bigint }>({
      text: `select (select count(*) from ledger_hold) as held,
                    (select sum(credits_posted_minor - debits_posted_minor)::bigint
                     from ledger_account where kind = 'customer') as sum`,
    });
    if (held !== 0n) throw new Error(`${held} payments are still under way in cell ${cell.number}`);
    money += sum;
    transit.push((await cell.ledger.balance(cell.db, cell.transit))?.postedMinor ?? 0n);
    const ends = await proveCrossings(cell, across);
    posted += ends.posted;
    voided += ends.voided;
  }
  const expected = BigInt(one.customers.length + other.customers.length) * openingMinor;
  if (money !== expected) throw new Error(`the customers have ${money}, and began with ${expected}`);
  const [here = 0n, there = 0n] = transit;
  if (here + there !== 0n) throw new Error(`the transit accounts hold ${here} and ${there}`);
  return { payments: posted + voided, posted, voided, transitMinor: String(here) };
}

/** What was posted here was booked there, and what was voided here was not. */
async function proveCrossings(from: Cell, to: Cell): Promise<{ posted: number; voided: number }> {
  const ends = await from.db.rows<{ id: string; kind: number }>({
    text: `select c.transfer_id::text as id, t.kind
           from crossing c join ledger_transfer t on t.pending_id = c.transfer_id and t.result = 0`,
  });
  const booked = await to.db.rows<{ id: string }>({
    text: `select transfer_id::text as id from ledger_transfer
           where kind = 1 and result = 0 and legs[1] = $1`,
    values: [to.transit],
  });
  const paid = new Set(booked.map(({ id }) => id));
  const posted = ends.filter(({ kind }) => kind === 3);
  for (const { id, kind } of ends) {
    if (paid.has(creditIdOf(id)) !== (kind === 3)) throw new Error(`${id} has another end in cell ${to.number}`);
  }
  if (paid.size !== posted.length) throw new Error(`${posted.length} were posted, and ${paid.size} were paid`);
  return { posted: posted.length, voided: ends.length - posted.length };
}
