import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transfer } from '../../../src/ledger';
import { leg, okOf, openBooks, wordOf, type Books } from './books';

let books: Books;
beforeEach(async () => {
  books = await openBooks({ lanes: 1 });
});
afterEach(async () => {
  await books.check();
  await books.close();
});

const feeOf = (payer: string): Transfer => ({
  ...{ kind: 'transfer', transferId: books.ids.uuid() },
  legs: [leg(payer, books.chart.trust, 1n), leg(payer, books.chart.feeIncome, 1n, { code: 'fee' })],
});

/** Which lanes are leased. */
const leased = async (): Promise<number[]> => {
  const rows = await books.owner.rows<{ lane: number }>({
    text: `select objid::integer as lane from pg_locks where locktype = 'advisory' and classid = 7229386 and granted
             and database = (select oid from pg_database where datname = current_database()) order by 1`,
  });
  return rows.map(({ lane }) => lane);
};
const stripesOf = (accountId: string) =>
  books.owner.rows<{ lane: bigint; credits: bigint; xmin: string }>({
    text: `select account_id & 15 as lane, credits_posted_minor as credits, xmin::text from ledger_account
           where account_id between $1 and $1::bigint + 15 order by account_id`,
    values: [accountId],
  });
/** From now on every write of an account is noted. */
async function noteWrites(): Promise<() => Promise<bigint>> {
  await books.owner.run({ text: 'create table written (account_id bigint)' });
  await books.owner.run({
    text: `create function note_write() returns trigger language plpgsql as $$
             begin insert into written values (new.account_id); return null; end $$`,
  });
  await books.owner.run({
    text: 'create trigger note_write after update on ledger_account for each row execute function note_write()',
  });
  return async () => (await books.owner.one<{ count: bigint }>({ text: 'select count(*) from written' })).count;
}

test('a hot account is written once a batch, however many transfers touch it', async () => {
  const payers = await Promise.all(Array.from({ length: 20 }, () => books.open({ openingMinor: 1_000n })));
  const links = async () =>
    (await books.owner.one<{ count: bigint }>({ text: 'select count(*) from audit_link where transfers > 0' })).count;
  const [writes, linksBefore] = [await noteWrites(), await links()];
  const outcomes = await books.post(...Array.from({ length: 1_000 }, (_, n) => feeOf(payers[n % 20] ?? '')));
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1_000);
  // One batch of 1,000: 20 payers and two house accounts, one row each.
  expect(await writes()).toBe(22n);
  expect((await links()) - linksBefore).toBe(1n);
});

test('engines write stripes of their own of a hot account, and its balance is their sum', async () => {
  const payer = await books.open({ openingMinor: 1_000n });
  const engines = [books, books.another({ lanes: 1 }), books.another({ lanes: 1 })];
  const before = await books.posted(books.chart.feeIncome);
  for (const [n, { ledger }] of engines.entries()) {
    okOf((await ledger.post(Array.from({ length: n + 1 }, () => feeOf(payer))))[0]);
  }
  const stripes = (await stripesOf(books.chart.feeIncome)).filter(({ credits }) => credits > 0n);
  expect(stripes.map(({ lane, credits }) => [lane, credits])).toEqual([
    [1n, 1n],
    [2n, 2n],
    [3n, 3n],
  ]);
  expect(new Set(stripes.map(({ xmin }) => xmin)).size).toBe(3);
  expect((await books.posted(books.chart.feeIncome)) - before).toBe(6n);
});

test('a reservation of one lane can be posted by another, house accounts included', async () => {
  const payer = await books.open({ openingMinor: 1_000n });
  const other = books.another({ lanes: 1 });
  await books.move(leg(books.chart.trust, payer, 1n));
  const pendingId = await books.reserve(
    leg(payer, books.chart.feeIncome, 7n),
    leg(books.chart.trust, books.chart.feeIncome, 3n),
  );
  const [outcome] = await other.ledger.post([
    { kind: 'post', transferId: books.ids.uuid(), pendingId, amountsMinor: [5n, 3n] },
  ]);
  okOf(outcome);
  expect(await books.posted(books.chart.feeIncome)).toBe(8n);
  expect(await books.balance(books.chart.trust)).toMatchObject({ pendingOutMinor: 0n });
});

test('twenty engines share fifteen lanes without a deadlock', async () => {
  const payers = await Promise.all(Array.from({ length: 6 }, () => books.open({ openingMinor: 10_000n })));
  const engines = Array.from({ length: 20 }, () => books.another({ lanes: 1, spareConnections: 1 }));
  const calls = engines.flatMap(({ ledger }, n) =>
    Array.from({ length: 5 }, async (_, round) => {
      await sleep(round * 3);
      const among = Array.from({ length: 20 }, (__, m) => feeOf(payers[(n + m * 5 + round) % 6] ?? ''));
      return ledger.post(n % 2 === 0 ? among : among.reverse());
    }),
  );
  const outcomes = (await Promise.all(calls)).flat();
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(2_000);
  expect(await leased()).toEqual(Array.from({ length: 15 }, (_, n) => n + 1));
  expect(await books.posted(books.chart.feeIncome)).toBe(2_000n);
  const { deadlocks } = await books.owner.one<{ deadlocks: bigint }>({
    text: 'select deadlocks from pg_stat_database where datname = current_database()',
  });
  expect(deadlocks).toBe(0n);
});

test('an engine that closes gives its lanes back, and the lowest one goes to the next', async () => {
  const payer = await books.open({ openingMinor: 1_000n });
  const [first, second] = [books.another({ lanes: 1 }), books.another({ lanes: 2 })];
  okOf((await first.ledger.post([feeOf(payer)]))[0]);
  okOf((await second.ledger.post([feeOf(payer)]))[0]);
  expect(await leased()).toEqual([1, 2, 3]);
  await first.ledger.close();
  expect(await leased()).toEqual([1, 3]);
  okOf((await books.another({ lanes: 1 }).ledger.post([feeOf(payer)]))[0]);
  expect(await leased()).toEqual([1, 2, 3]);
});

test('R205: a process that dies gives its lane back, and what it wrote stays', async () => {
  const payer = await books.open({ openingMinor: 1_000n });
  const transfer = feeOf(payer);
  const script = `
    const { createEngine } = require('./test/integration/ledger/books.ts');
    const clock = { now: () => new Date(${books.clock.now().getTime()}) };
    const { ledger } = createEngine({ url: ${JSON.stringify(books.url)}, clock, lanes: 1 });
    const transfer = JSON.parse(process.argv[1], (key, value) => (key === 'amountMinor' ? BigInt(value) : value));
    ledger.post([transfer]).then(([outcome]) => process.stdout.write(outcome.ok ? 'done' : outcome.error));`;
  const text = JSON.stringify(transfer, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  const child = spawn(process.execPath, ['--import', 'tsx', '--eval', script, text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await new Promise<string>((resolve) =>
    child.stdout
      .setEncoding('utf8')
      .on('data', resolve)
      .on('end', () => resolve('nothing')),
  );
  expect(said).toBe('done');
  expect(await leased()).toEqual([1, 2]);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  for (let n = 0; n < 50 && (await leased()).length > 1; n += 1) await sleep(50);
  expect(await leased()).toEqual([1]);
  expect(wordOf(await books.one(transfer))).toBe('again');
});

test('what is asked before the ledger is closed is answered, and what is asked after it is not taken', async () => {
  const payer = await books.open({ openingMinor: 1_000n });
  const pendingId = await books.reserve(leg(payer, books.chart.trust, 5n));
  const { ledger } = books.another({ lanes: 1 });
  const call = ledger.post([
    feeOf(payer),
    feeOf(payer),
    { kind: 'post', transferId: books.ids.uuid(), pendingId },
    { kind: 'void', transferId: books.ids.uuid(), pendingId },
  ]);
  await ledger.close();
  expect((await call).map(wordOf)).toEqual(['done', 'done', 'done', 'pending_gone']);
  await expect((async () => ledger.post([feeOf(payer)]))()).rejects.toThrow('the ledger is open');
});

test('a pool with one connection beside the lanes is enough', async () => {
  const payer = await books.open({ openingMinor: 1_000n });
  const pendingId = await books.reserve(leg(payer, books.chart.trust, 5n));
  const { ledger } = books.another({ lanes: 2, spareConnections: 1 });
  const outcomes = await ledger.post([
    ...Array.from({ length: 50 }, () => feeOf(payer)),
    { kind: 'post', transferId: books.ids.uuid(), pendingId },
  ]);
  expect(outcomes.every(({ ok }) => ok)).toBe(true);
});
