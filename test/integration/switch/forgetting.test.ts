import { randomUUID } from 'node:crypto';
import { createCipher, createDb, parseKeyring, type Db } from '../../../src/platform';
import { appRole } from '../../../src/app';
import { createStore } from '../../../src/switch/fspiop/store';
import { createTestDatabase, type TestDatabase } from '../../support/database';

/** How messages are forgotten: in small pieces, waiting for nobody, and nobody for them. */
jest.setTimeout(60_000);

let database: TestDatabase;
let db: Db;
beforeEach(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, connectionsMax: 8, role: appRole, onError: () => undefined });
});
afterEach(async () => {
  await db.close();
  await database.drop();
});

const now = () => new Date();
const old = new Date(Date.now() - 100 * 86_400_000);
const before = new Date(Date.now() - 90 * 86_400_000);
const storeOn = (sql: Db) =>
  createStore({
    db: sql,
    clock: { now },
    cipher: createCipher(parseKeyring(`d1:${'22'.repeat(32)}`)),
    digestKey: Buffer.alloc(32, 7),
  });

async function fill(rows: number, at = old): Promise<void> {
  await database.db.run({
    text: `insert into fspiop_in (source, resource, id, wire_id, digest, version, received_at)
           select 'one', 'transfers', id, id, '\\x00', '1.1', $2
           from (select gen_random_uuid()::text as id from generate_series(1, $1)) drawn`,
    values: [rows, at],
  });
  await database.db.run({
    text: `insert into fspiop_out (resource, id, destination, body, key_id, created_at)
           select 'quotes', gen_random_uuid()::text, 'one', '\\x00', 'd1', $2 from generate_series(1, $1)`,
    values: [rows, at],
  });
}

const countOf = async (table: string): Promise<number> =>
  (await database.db.one<{ n: number }>({ text: `select count(*)::integer as n from ${table}` })).n;

test('ten thousand rows go in pieces of five hundred while others are received, answered and sent; a second time there are none', async () => {
  await fill(10_000);
  const pieces: number[] = [];
  const watched: Db = {
    ...db,
    one: async <T extends Record<string, unknown>>(query: Parameters<Db['one']>[0]) => {
      const row = await db.one<T>(query);
      if ('gone' in row) pieces.push(Number(row['gone']));
      return row;
    },
  };
  const live = storeOn(db);
  const slowest: number[] = [];
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      const id = randomUUID();
      const request = { source: 'two', resource: 'transfers', id } as const;
      const begun = performance.now();
      await live.receive({ ...request, wireId: id, version: '1.1', traceparent: undefined }, { id });
      await live.answer(request, { transferState: 'RESERVED' });
      await live.send('transfers', id, { destination: 'two', body: { id } });
      slowest.push(performance.now() - begun);
    }
  };
  const working = [work(), work()];
  const gone = await storeOn(watched).forget(before);
  isOver = true;
  await Promise.all(working);
  expect(gone).toBe(20_000);
  expect(Math.max(...pieces)).toBeLessThanOrEqual(1_000); // five hundred of each of two tables
  expect(slowest.length).toBeGreaterThan(10);
  expect(Math.max(...slowest)).toBeLessThan(1_000);
  expect([await countOf('fspiop_in'), await countOf('fspiop_out')]).toEqual([slowest.length, slowest.length]);
  expect(await storeOn(db).forget(before)).toBe(0);
});

test('what somebody has in hand is left for the next time, and keeps nobody waiting', async () => {
  await fill(3);
  const { id } = await database.db.one<{ id: string }>({ text: 'select id from fspiop_in limit 1' });
  await database.db.tx(async (tx) => {
    await tx.run({ text: 'select from fspiop_in where id = $1 for update', values: [id] });
    expect(await storeOn(db).forget(before)).toBe(5);
  });
  expect(await storeOn(db).forget(before)).toBe(1);
});

test('two at once forget each row once', async () => {
  await fill(2_000);
  const both = await Promise.all([storeOn(db).forget(before), storeOn(db).forget(before)]);
  expect(both[0] + both[1]).toBe(4_000);
});

test('the database forgets nothing within a week, and lets nobody delete by hand', async () => {
  await fill(2, now());
  expect(await storeOn(db).forget(new Date(Date.now() + 86_400_000))).toBe(0);
  expect(await countOf('fspiop_in')).toBe(2);
  for (const table of ['fspiop_in', 'fspiop_out', 'fspiop_out_item', 'fspiop_bulk', 'l1p_out', 'code_request']) {
    await expect(db.run({ text: `delete from ${table}` })).rejects.toThrow(/permission denied/);
  }
});

test('a bulk is kept until it is answered, with what came in it; then it goes, the whole before its request', async () => {
  const [bulkId, itemId] = [randomUUID(), randomUUID()];
  const put = (resource: string, id: string, inBulk: string | null) =>
    database.db.run({
      text: `insert into fspiop_in (source, resource, id, wire_id, digest, version, received_at, bulk_id)
             values ('one', $1, $2, $2, '\\x00', '1.1', $3, $4)`,
      values: [resource, id, old, inBulk],
    });
  await put('bulkTransfers', bulkId, null);
  await put('transfers', itemId, bulkId);
  await database.db.run({
    text: `insert into fspiop_bulk (source, resource, id, body, key_id, expires_at, due_at)
           values ('one', 'bulkTransfers', $1, '\\x00', 'd1', $2, $2)`,
    values: [bulkId, old],
  });
  expect(await storeOn(db).forget(before)).toBe(0);
  await database.db.run({ text: 'update fspiop_bulk set due_at = null' });
  expect(await storeOn(db).forget(before)).toBe(3);
  expect([await countOf('fspiop_in'), await countOf('fspiop_bulk')]).toEqual([0, 0]);
});

test('a bulk of ours goes with its transfers, piece by piece', async () => {
  const bulks = [randomUUID(), randomUUID(), randomUUID()];
  await database.db.run({
    text: `insert into fspiop_out (resource, id, destination, body, key_id, created_at)
           select 'bulkTransfers', id, 'two', '\\x00', 'd1', $2 from unnest($1::text[]) id`,
    values: [bulks, old],
  });
  await database.db.run({
    text: `insert into fspiop_out_item (transfer_id, bulk_id)
           select gen_random_uuid()::text, id from unnest($1::text[]) id, generate_series(1, 700)`,
    values: [bulks],
  });
  expect(await storeOn(db).forget(before)).toBe(3 * 701);
  expect([await countOf('fspiop_out'), await countOf('fspiop_out_item')]).toEqual([0, 0]);
});
