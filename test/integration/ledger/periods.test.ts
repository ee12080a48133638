import { createHash } from 'node:crypto';
import type { VerifyReport } from '../../../src/ledger';
import { actor, leg, okOf, openBooks, type Books } from './books';

let books: Books;
let payer: string;
let payee: string;
let other: string;

/** Books with movements in January, February and March; nothing is closed. */
async function open(): Promise<void> {
  books = await openBooks({ at: new Date('2026-01-30T12:00:00Z') });
  const profile = await books.limits({ out: { year: { amountMinor: 1_000_000n } } });
  payer = await books.open({ openingMinor: 10_000n, limitProfile: profile });
  payee = await books.open();
  other = await books.open({ openingMinor: 10_000n });
  const pay = () => books.move(leg(payer, payee, 100n, { counted: true }), leg(payer, books.chart.feeIncome, 1n));
  okOf(await pay());
  books.clock.set(new Date('2026-01-31T23:59:59.999Z'));
  await rush();
  books.clock.set(new Date('2026-02-14T12:00:00Z'));
  okOf(await books.fulfil(await books.reserve(leg(payer, payee, 50n, { counted: true }))));
  await books.db.tx((tx) => books.ledger.setStatus(tx, payee, 'frozen_debit', actor));
  books.clock.set(new Date('2026-03-02T12:00:00Z'));
  okOf(await pay());
}

/** In the last thousand microseconds of the month, more than fits. */
async function rush(): Promise<void> {
  const moves = Array.from({ length: 2_500 }, () => books.move(leg(other, books.chart.feeIncome, 1n)));
  for (const outcome of await Promise.all(moves)) okOf(outcome);
}

const close = async (month: string): Promise<string> => {
  const closed = await books.db.tx((tx) => books.ledger.closePeriod(tx, month, actor));
  return closed.ok ? `${closed.value.month} ${closed.value.transfers}` : closed.error;
};

async function verifyAfter(...statements: string[]): Promise<VerifyReport> {
  let report: VerifyReport | undefined;
  const forgery = books.owner.tx(async (tx) => {
    await tx.run({ text: 'set local session_replication_role = replica' });
    for (const text of statements) await tx.run({ text });
    report = await books.ledger.verify(tx);
    throw new Error('roll it back');
  });
  await expect(forgery).rejects.toThrow('roll it back');
  if (!report) throw new Error('unreachable: the forgery got to its end');
  return report;
}

describe('closing', () => {
  beforeEach(open);
  afterEach(() => books.close());

  test('a month is closed once, in order, when nothing of it can come any more', async () => {
    expect(await close('2026-13')).toBe('month_malformed');
    expect(await close('2026-02')).toBe('period_out_of_order');
    expect(await close('2026-01')).toMatch(/^2026-01 \d+$/);
    const first = await books.ledger.periods(books.db);
    expect(await close('2026-01')).toMatch(/^2026-01 \d+$/);
    expect(await books.ledger.periods(books.db)).toEqual(first);
    expect(await close('2025-12')).toBe('period_out_of_order');
    expect(await close('2026-03')).toBe('period_out_of_order');

    books.clock.set(new Date('2026-03-02T00:59:59Z'));
    expect(await close('2026-02')).toBe('period_too_early');
    books.clock.set(new Date('2026-03-02T01:00:00Z'));
    expect(await close('2026-02')).toMatch(/^2026-02 \d+$/);
    const events = await books.owner.rows({
      text: `select actor_id, subject_id, new_value ->> 'root' as root from audit_event where action = 'period.closed' order by seq`,
    });
    const periods = await books.ledger.periods(books.db);
    expect(events).toEqual(periods.map(({ month, root }) => ({ actor_id: 'tester', subject_id: month, root })));
    expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
  });

  test("the database's own clock has a say where clocks are compared", async () => {
    await books.owner.run({ text: `update ledger_setting set clock_tolerance = interval '1 hour'` });
    expect(await close('2026-01')).toMatch(/^2026-01 \d+$/);
  });

  test('what is still held keeps its month open', async () => {
    books.clock.set(new Date('2026-03-02T13:00:00Z'));
    const held = await books.reserve(leg(payer, payee, 5n));
    await close('2026-01');
    await close('2026-02');
    books.clock.set(new Date('2026-04-03T00:00:00Z'));
    expect(await close('2026-03')).toBe('period_has_holds');
    okOf(await books.release(held));
    expect(await close('2026-03')).toBe('2026-03 2');
  });

  test('two who close at once close once', async () => {
    const other = books.another();
    const both = await Promise.all([
      close('2026-01'),
      other.db.tx((tx) => other.ledger.closePeriod(tx, '2026-01', actor)),
    ]);
    expect(both[1]).toMatchObject({ ok: true });
    expect(await books.owner.rows({ text: `select from audit_event where action = 'period.closed'` })).toHaveLength(1);
  });
});

describe('closed', () => {
  beforeAll(async () => {
    await open();
    expect(await close('2026-01')).toMatch(/^2026-01/);
    expect(await close('2026-02')).toMatch(/^2026-02/);
  });
  afterAll(() => books.close());

  test('a closed month says what every account that moved held at its end', async () => {
    const balances = await books.owner.rows({
      text: `select to_char(b.month, 'YYYY-MM') as month, sum(b.balance_minor)::text as balance, count(*)::int as accounts
           from ledger_period_balance b where account_id >= 1000000 group by 1 order by 1`,
    });
    const [january] = await books.ledger.periods(books.db);
    // Of the rush, what was numbered before midnight.
    const rushed = (january?.transfers ?? 0n) - 3n;
    expect(rushed).toBeGreaterThan(0n);
    expect(rushed).toBeLessThan(2_500n);
    expect(balances).toEqual([
      { month: '2026-01', balance: String(20_000n - 1n - rushed), accounts: 3 },
      { month: '2026-02', balance: String(20_000n - 1n - 2_500n), accounts: 3 },
    ]);
    const moved = 20_000n + 101n + rushed;
    expect(january?.trialBalance).toEqual([{ currency: 'KES', debitsMinor: moved, creditsMinor: moved }]);
    for (const at of [
      '2026-01-30T11:00:00Z',
      '2026-01-30T13:00:00Z',
      '2026-02-10T00:00:00Z',
      '2026-02-20T00:00:00Z',
      '2026-03-02T12:00:00Z',
    ]) {
      for (const account of [payer, payee, books.chart.trust, books.chart.feeIncome]) {
        expect([at, account, await books.ledger.balanceAt(books.db, account, new Date(at))]).toEqual([
          at,
          account,
          await summed(account, at),
        ]);
      }
    }
  });

  test('the root is a tree of hashes over the links, in order', async () => {
    const [january] = await books.ledger.periods(books.db);
    const links = await books.owner.rows<{ hash: Buffer }>({
      text: `select hash from audit_link where seq < seq_of('2026-02-01T00:00:00Z') order by seq`,
    });
    const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    let level = links.map(({ hash }) => sha256(Buffer.from([0]), hash));
    while (level.length > 1) {
      level = level.flatMap((node, index) => {
        const next = level[index + 1];
        if (index % 2 === 1) return [];
        return [next ? sha256(Buffer.from([1]), node, next) : node];
      });
    }
    expect(january?.root).toBe(level[0]?.toString('hex'));
    expect(january?.links).toBe(BigInt(links.length));
  });

  test.each<[string, string, string]>([
    [
      'trial_balance',
      'KES at the end of 2026-01',
      `delete from ledger_transfer where seq = (select min(seq) from ledger_transfer)`,
    ],
    [
      'trial_balance',
      'KES at the end of 2026-02',
      `update ledger_period_currency set debits_minor = debits_minor + 1 where month = '2026-02-01'`,
    ],
    [
      'account_counters',
      '1000001 at the end of 2026-02',
      `update ledger_period_balance set debits_minor = debits_minor + 1, balance_minor = balance_minor - 1 where account_id = 1000001 and month = '2026-02-01'`,
    ],
    [
      'account_counters',
      '1000002 at the end of 2026-01',
      `delete from ledger_period_balance where account_id = 1000002 and month = '2026-01-01'`,
    ],
    ['periods', '2026-01', `update ledger_period set root = sha256('') where month = '2026-01-01'`],
    ['periods', '2026-01', `update ledger_period set transfers = transfers + 1 where month = '2026-01-01'`],
    ['periods', '2026-02', `update ledger_period set events = 0 where month = '2026-02-01'`],
    [
      'periods',
      'chain 1 at the end of 2026-01',
      `delete from ledger_period_head where chain = 1 and month = '2026-01-01'`,
    ],
    [
      'periods',
      'chain 15 at the end of 2026-02',
      `update ledger_period_head set hash = sha256('') where chain = 15 and month = '2026-02-01'`,
    ],
    ['periods', 'account 1000002 at the end of 2026-02', `delete from ledger_period_terms where month = '2026-02-01'`],
  ])('verify names %s, %s when that was forged', async (check, subject, statement) => {
    expect(await verifyAfter()).toMatchObject({ clean: true });
    expect(await verifyAfter(statement)).toMatchObject({ clean: false, deviation: { check, subject } });
  });

  test('a row that comes late into a closed month is named', async () => {
    books.clock.set(new Date('2026-02-14T12:00:00Z'));
    const late = `
    insert into ledger_transfer (transfer_id, seq, kind, result, pending_id, legs, digest)
    select id, seq, 3, 9, id, '{}', sha256(record_send(row(id, seq, 3::smallint, 9::smallint, null::bigint, id, null::timestamptz, '{}'::bigint[])))
    from (select '${books.ids.uuid()}'::uuid as id, seq_of('2026-01-31T20:00:00Z') + 1 as seq) late`;
    const { deviation } = await verifyAfter(late);
    expect(deviation).toMatchObject({ check: 'periods', subject: '2026-01' });
  });

  test('nobody changes a closed month, the owner neither', async () => {
    for (const table of ['', '_currency', '_balance', '_head']) {
      const refused = /append-only/;
      await expect(books.owner.run({ text: `update ledger_period${table} set month = month` })).rejects.toThrow(
        refused,
      );
      await expect(books.owner.run({ text: `delete from ledger_period${table}` })).rejects.toThrow(refused);
      await expect(books.owner.run({ text: `truncate ledger_period${table} cascade` })).rejects.toThrow(refused);
    }
    await expect(books.db.run({ text: `delete from ledger_period` })).rejects.toThrow('permission denied');
    await expect(books.db.run({ text: `select ledger_detach_period('2026-01-01', '', '{}', 0)` })).rejects.toThrow(
      'permission denied',
    );
  });
});

/** The balance at a moment, by adding up. */
async function summed(account: string, at: string): Promise<bigint> {
  const last = account.length < 7 ? Number(account) + 15 : account;
  const { sum } = await books.owner.one<{ sum: bigint }>({
    text: `select coalesce(sum(case when legs[i * 8 - 7] between $1 and $2 then -legs[i * 8 - 5] else legs[i * 8 - 5] end), 0)::bigint as sum
           from ledger_transfer, generate_series(1, cardinality(legs) / 8) i
           where result = 0 and kind in (1, 3) and seq < seq_of($3) + 16
             and (legs[i * 8 - 7] between $1 and $2 or legs[i * 8 - 6] between $1 and $2)`,
    values: [account, last, at],
  });
  return sum;
}
